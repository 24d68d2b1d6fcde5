// All about one node of a run: what went in and came out, each attempt, what its agent said, and what it cost.

import type { Schemas } from "@/api/client";
import { Code } from "@/design/code";
import { Fact, Facts } from "@/design/layout";
import { Read } from "@/design/state";
import { Badge, Status } from "@/design/status";
import { Took } from "@/design/time";
import { moment, money, number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import type { NodeDefinition } from "../pipelines/definition";
import { AttemptList } from "./attempt-list";
import type { OwnNode } from "./own-times";
import { useRun, useRunNode } from "./queries";
import { RunFailure } from "./run-failure";
import { RunLink } from "./run-link";
import { TurnOf } from "./turn";
import { useWords } from "./words";

interface NodeDetailProps {
  runId: string;
  node: OwnNode;
  /** As it is written in the pipeline, where that is known. */
  written: NodeDefinition | undefined;
  unfinished: Schemas["Unfinished"][];
}

/** Types whose work is attempted: all others decide at once. */
const WORKS: ReadonlySet<string> = new Set(["agent", "tool", "map", "pipeline", "action"]);

/** The detail. */
export function NodeDetail({ runId, node, written, unfinished }: NodeDetailProps) {
  const t = useWords();
  const c = useVocabulary();
  const { usage, items } = node;
  // The last child is the last try; a map has one or more for each item.
  const child = node.type === "map" ? undefined : node.children.at(-1);
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <Status status={node.status} />
        {node.label && <Badge>{t("node.outcome", { label: node.label })}</Badge>}
        <span className="text-sm text-soft">{node.type}</span>
      </div>
      {node.error && <RunFailure failure={node.error} />}
      <Facts>
        {node.takenFrom && (
          <Fact name={t("node.takenOver")}>
            <RunLink id={node.takenFrom} node={node.id} />
          </Fact>
        )}
        {node.started_at && <Fact name={t("fact.started")}>{moment(node.started_at)}</Fact>}
        {node.started_at && (
          <Fact name={t("fact.took")}>
            <Took from={node.started_at} to={node.ended_at} />
          </Fact>
        )}
        {items && (
          <Fact name={t("node.items")}>
            {t("step.items", { ended: items.ended, total: items.total })}
            {items.failed > 0 && `, ${t("node.failed", { count: items.failed })}`}
          </Fact>
        )}
        {usage.model_calls > 0 && (
          <>
            <Fact name={t("fact.cost")}>
              {money(usage.cost_micro_usd)}
              {usage.unpriced_calls > 0 && (
                <span className="text-soft"> + {c("cost.unpriced")}</span>
              )}
            </Fact>
            <Fact name={t("fact.tokens")}>
              {t("fact.tokensValue", {
                in: number(usage.input_tokens),
                out: number(usage.output_tokens),
              })}
            </Fact>
          </>
        )}
        {usage.model_calls + usage.tool_calls > 0 && (
          <Fact name={t("fact.calls")}>
            {t("fact.callsValue", {
              models: number(usage.model_calls),
              tools: number(usage.tool_calls),
            })}
          </Fact>
        )}
      </Facts>
      {child && <ChildInput runId={child} />}
      {written && <Written node={written} />}
      <Output runId={runId} node={node} />
      {WORKS.has(node.type) && node.status !== "pending" && node.status !== "skipped" && (
        <AttemptList runId={runId} nodeId={node.id} unfinished={unfinished} />
      )}
      {child && node.type === "agent" && (
        <section>
          <h3 className="mb-1.5 text-sm font-medium">{t("node.messages")}</h3>
          <TurnOf runId={child} />
        </section>
      )}
    </div>
  );
}

function Part({ name, value }: { name: string; value: unknown }) {
  return (
    <section>
      <h3 className="mb-1.5 text-sm font-medium">{name}</h3>
      <Code value={value} label={name} />
    </section>
  );
}

/** What was handed to the run that does its work. */
function ChildInput({ runId }: { runId: string }) {
  const t = useWords();
  const child = useRun(runId);
  if (!child.data || child.data.input == null) return null;
  return <Part name={t("data.input")} value={child.data.input} />;
}

/** What the pipeline says of it. */
function Written({ node }: { node: NodeDefinition }) {
  const t = useWords();
  const { id: _id, type: _type, name: _name, config, ...rest } = node;
  const all = { ...config, ...rest };
  if (Object.keys(all).length === 0) return null;
  return (
    <details>
      <summary className="text-sm font-medium">{t("node.written")}</summary>
      <Code value={all} label={t("node.written")} className="mt-1.5" />
    </details>
  );
}

function Output({ runId, node }: { runId: string; node: Schemas["Node"] }) {
  const t = useWords();
  const whole = useRunNode(runId, node.id, node.output_left_out);
  if (node.output_left_out) {
    return (
      <Read query={whole} rows={2}>
        {({ output }) => <Part name={t("data.output")} value={output} />}
      </Read>
    );
  }
  return node.output == null ? null : <Part name={t("data.output")} value={node.output} />;
}
