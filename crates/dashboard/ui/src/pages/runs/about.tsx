// What a run is, what started it, what belongs to it, and what it has used.

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { CopyButton, Id } from "@/design/code";
import { Card, Fact, Facts } from "@/design/layout";
import { Ago, Took } from "@/design/time";
import { compact, moment, money, number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { readKey } from "./attempts";
import { BudgetFact } from "./budget";
import { useOrigin, usePinned } from "./queries";
import { RunLink } from "./run-link";
import { useTrigger } from "./trigger-name";
import { useWords } from "./words";

const LINK = "text-accent hover:underline";

/** The facts. Its use includes that of unfinished runs below it, where that is known. */
export function About({ run, usage }: { run: Schemas["Run"]; usage: Schemas["Usage"] }) {
  const t = useWords();
  const c = useVocabulary();
  return (
    <Card title={t("about")}>
      <Facts>
        <Fact name={t("fact.id")}>
          <span className="inline-flex h-5 items-center gap-1">
            <Id id={run.id} />
            <CopyButton text={run.id} />
          </span>
        </Fact>
        <StartedBy run={run} />
        <Fact name={t("fact.created")}>
          <Ago at={run.created_at} />
        </Fact>
        {run.ended_at && <Fact name={t("fact.ended")}>{moment(run.ended_at)}</Fact>}
        {run.started_at && (
          <Fact name={t("fact.took")}>
            <Took from={run.started_at} to={run.ended_at} />
          </Fact>
        )}
        {run.wake_at && run.status === "waiting" && (
          <Fact name={t("fact.wakes")}>
            <Ago at={run.wake_at} />
          </Fact>
        )}
        <Fact name={t("fact.cost")}>
          {money(usage.cost_micro_usd)}
          {usage.unpriced_calls > 0 && <span className="text-soft"> + {c("cost.unpriced")}</span>}
        </Fact>
        {run.budget && (
          <Fact name={t("fact.budget")}>
            <BudgetFact run={run} budget={run.budget} />
          </Fact>
        )}
        <Fact name={t("fact.tokens")}>
          {t("fact.tokensValue", {
            in: compact(usage.input_tokens),
            out: compact(usage.output_tokens),
          })}
        </Fact>
        <Fact name={t("fact.calls")}>
          {t("fact.callsValue", {
            models: number(usage.model_calls),
            tools: number(usage.tool_calls),
          })}
        </Fact>
        {run.priority !== 0 && <Fact name={t("fact.priority")}>{number(run.priority)}</Fact>}
      </Facts>
    </Card>
  );
}

/** What it is a run of, and what started it, each as a link where there is a page of it. */
function StartedBy({ run }: { run: Schemas["Run"] }) {
  const t = useWords();
  const trigger = useTrigger();
  const origin = useOrigin(run.id).data;
  const pinned = usePinned(run).data;
  const parent = origin?.parent;
  const event = run.trigger === "event" ? origin?.triggers?.at(-1) : undefined;
  let by: ReactNode = trigger(run.trigger);
  if (origin?.schedule_id && run.parent_id == null) {
    by = (
      <Link
        to="/schedules/$scheduleId"
        params={{ scheduleId: origin.schedule_id }}
        className={LINK}
      >
        {by}
      </Link>
    );
  } else if (event) {
    by = (
      <Link to="/triggers/$triggerId" params={{ triggerId: event }} className={LINK}>
        {by}
      </Link>
    );
  }
  return (
    <>
      {run.pipeline_id && (
        <Fact name={t("fact.pipeline")}>
          <Link
            to="/pipelines/$pipelineId"
            params={{ pipelineId: run.pipeline_id }}
            className={LINK}
          >
            {run.title || run.pipeline_id}
          </Link>
          {pinned && (
            <span className="text-soft">
              ,{" "}
              <span className="whitespace-nowrap">
                {t("fact.version", { number: pinned.number })}
              </span>
            </span>
          )}
        </Fact>
      )}
      {run.agent_id && (
        <Fact name={t("fact.agent")}>
          <Link to="/agents/$agentId" params={{ agentId: run.agent_id }} className={LINK}>
            {run.title || run.agent_id}
          </Link>
        </Fact>
      )}
      <Fact name={t("fact.by")}>{by}</Fact>
      {run.retry_of && (
        <Fact name={t("fact.retryOf")}>
          <RunLink id={run.retry_of} />
        </Fact>
      )}
      {run.parent_id && (
        <Fact name={t("fact.parent")}>
          <RunLink id={run.parent_id} node={parent && readKey(parent.key)?.node} />
        </Fact>
      )}
      {run.parent_id && run.root_id !== run.parent_id && (
        <Fact name={t("fact.root")}>
          <RunLink id={run.root_id} />
        </Fact>
      )}
    </>
  );
}
