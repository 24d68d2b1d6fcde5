// One run: what it does step by step, what went in and came out, its journal, and what can be done about it.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, body, done, idempotencyKey, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Code, Id } from "@/design/code";
import { Confirm } from "@/design/dialog";
import { Card, Fact, Facts, Page, Table, Td, Th } from "@/design/layout";
import { Failure, Loading, Read } from "@/design/state";
import { Badge, Status } from "@/design/status";
import { Tabs } from "@/design/tabs";
import { Ago, Took } from "@/design/time";
import { useToast } from "@/design/toast";
import { compact, moment, money, number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { useTrigger } from "./list";
import { useJournal, useRun, useRunNodes } from "./queries";
import { Steps } from "./steps";
import { UnknownOutcomes } from "./unknown";
import { useWords } from "./words";

const ENDED = new Set<Schemas["RunStatus"]>(["succeeded", "failed", "cancelled", "timed_out"]);

/** The page. */
export default function RunPage() {
  const { runId } = useParams({ from: "/runs/$runId" });
  const t = useWords();
  const run = useRun(runId);
  return (
    <Read query={run} rows={8}>
      {(run) => (
        <Page
          title={run.title || t("col.run")}
          section={t("title")}
          above={
            <Link to="/runs" search={{}} className="hover:text-ink hover:underline">
              {t("title")}
            </Link>
          }
          beside={
            <>
              <Status status={run.status} waiting={run.waiting} />
              {run.cancel_requested && !ENDED.has(run.status) && (
                <Badge tone="wait">{t("cancelling")}</Badge>
              )}
            </>
          }
          actions={<Actions run={run} />}
        >
          {run.error && <RunFailure failure={run.error} />}
          {run.waiting === "unknown_outcome" && <UnknownOutcomes runId={run.id} />}
          <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_18rem]">
            <Views run={run} />
            <About run={run} />
          </div>
        </Page>
      )}
    </Read>
  );
}

/** Why a run or a step failed. */
export function RunFailure({ failure }: { failure: Schemas["Failure"] }) {
  return (
    <div className="mb-4 rounded-md border border-bad/40 bg-bad-wash px-3 py-2.5 text-sm">
      <code className="mr-2 font-mono text-xs text-bad">{failure.code}</code>
      <span className="break-words">{failure.message}</span>
    </div>
  );
}

function Actions({ run }: { run: Schemas["Run"] }) {
  const t = useWords();
  const { may } = useSession();
  const { say, fail } = useToast();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  if (!may("run_start")) return null;
  const path = { run_id: run.id };
  const refresh = () => client.invalidateQueries({ queryKey: ["run", run.id] });
  const cancel = async () => {
    await done(api.POST("/api/v1/runs/{run_id}/cancel", { params: { path }, body: {} }));
    say(t("said.cancelled"));
    await refresh();
  };
  const retry = async () => {
    setBusy(true);
    try {
      const next = await body(
        api.POST("/api/v1/runs/{run_id}/retry", {
          params: { path, header: { "Idempotency-Key": idempotencyKey() } },
        }),
      );
      say(t("said.retried"));
      await navigate({ to: "/runs/$runId", params: { runId: next.id } });
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {!ENDED.has(run.status) && !run.cancel_requested && (
        <Confirm
          trigger={<Button look="danger">{t("act.cancel")}</Button>}
          title={t("act.cancelAsk")}
          action={t("act.cancel")}
          onConfirm={cancel}
        >
          {t("act.cancelHint")}
        </Confirm>
      )}
      {ENDED.has(run.status) && run.status !== "succeeded" && run.parent_id == null && (
        <Button look="primary" busy={busy} onClick={() => void retry()}>
          {t("act.retry")}
        </Button>
      )}
    </>
  );
}

function About({ run }: { run: Schemas["Run"] }) {
  const t = useWords();
  const trigger = useTrigger();
  const c = useVocabulary();
  const { usage } = run;
  return (
    <Card>
      <Facts>
        <Fact name={t("fact.id")}>
          <Id id={run.id} />
        </Fact>
        <Fact name={t("fact.by")}>{trigger(run.trigger)}</Fact>
        <Fact name={t("fact.started")}>
          <Ago at={run.created_at} />
        </Fact>
        {run.ended_at && <Fact name={t("fact.ended")}>{moment(run.ended_at)}</Fact>}
        {run.started_at && (
          <Fact name={t("fact.took")}>
            <Took from={run.started_at} to={run.ended_at} />
          </Fact>
        )}
        <Fact name={t("fact.cost")}>
          {money(usage.cost_micro_usd)}
          {usage.unpriced_calls > 0 && <span className="text-soft"> + {c("cost.unpriced")}</span>}
        </Fact>
        {run.budget && (
          <Fact name={t("fact.budget")}>
            {t("fact.budgetValue", {
              spent: money(run.budget.spent_micro_usd),
              limit: money(run.budget.limit_micro_usd),
            })}
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
        {run.retry_of && (
          <Fact name={t("fact.retryOf")}>
            <RunLink id={run.retry_of} />
          </Fact>
        )}
        {run.parent_id && (
          <Fact name={t("fact.parent")}>
            <RunLink id={run.parent_id} />
          </Fact>
        )}
      </Facts>
    </Card>
  );
}

/** A run by its id alone. */
export function RunLink({ id }: { id: string }) {
  return (
    <Link to="/runs/$runId" params={{ runId: id }} className="text-accent hover:underline">
      <Id id={id} />
    </Link>
  );
}

function Views({ run }: { run: Schemas["Run"] }) {
  const t = useWords();
  const [open, setOpen] = useState("steps");
  const nodes = useRunNodes(run.id);
  return (
    <Tabs
      label={t("tab.label")}
      value={open}
      onChange={setOpen}
      tabs={[
        {
          id: "steps",
          name: t("tab.steps"),
          content: <Read query={nodes}>{(nodes) => <Steps run={run} nodes={nodes} />}</Read>,
        },
        {
          id: "data",
          name: t("tab.data"),
          content: (
            <div className="flex flex-col gap-4">
              <Value name={t("data.input")} value={run.input} />
              <Value name={t("data.output")} value={run.output} />
            </div>
          ),
        },
        { id: "journal", name: t("tab.journal"), content: <Journal runId={run.id} /> },
      ]}
    />
  );
}

function Value({ name, value }: { name: string; value: unknown }) {
  const t = useWords();
  return (
    <section>
      <h2 className="mb-1.5 text-sm font-medium">{name}</h2>
      {value === null || value === undefined ? (
        <p className="text-sm text-soft">{t("data.none")}</p>
      ) : (
        <Code value={value} label={name} />
      )}
    </section>
  );
}

function Journal({ runId }: { runId: string }) {
  const t = useWords();
  const c = useVocabulary();
  const journal = useJournal(runId);
  if (journal.error) return <Failure error={journal.error} />;
  if (journal.isPending) return <Loading />;
  return (
    <Card flush>
      <Table
        label={t("tab.journal")}
        head={
          <>
            <Th>{t("journal.seq")}</Th>
            <Th>{t("journal.at")}</Th>
            <Th>{t("journal.kind")}</Th>
            <Th>{t("journal.key")}</Th>
          </>
        }
      >
        {journal.items.map((entry) => (
          <tr key={entry.seq}>
            <Td className="text-soft">{entry.seq}</Td>
            <Td className="whitespace-nowrap text-soft">{moment(entry.at)}</Td>
            <Td>
              <details>
                <summary>{entry.kind}</summary>
                <Code value={entry.body} label={entry.kind} className="mt-1" />
              </details>
            </Td>
            <Td className="font-mono text-xs">{entry.key}</Td>
          </tr>
        ))}
      </Table>
      {journal.hasMore && (
        <div className="border-t border-line p-2 text-center">
          <Button look="quiet" small busy={journal.isFetching} onClick={journal.more}>
            {c("action.more")}
          </Button>
        </div>
      )}
    </Card>
  );
}
