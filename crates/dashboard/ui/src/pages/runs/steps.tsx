// The steps of a run: when each ran, what it is at, and what came out; of an agent's turn what it said and called.

import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { useState } from "react";
import { api, body, type Schemas } from "@/api/client";
import { useEvents } from "@/api/live";
import { Code } from "@/design/code";
import { Card } from "@/design/layout";
import { Read } from "@/design/state";
import { Badge, Status, TONES, type Tone } from "@/design/status";
import { Took, useNow } from "@/design/time";
import { money } from "@/i18n/format";
import { RunFailure, RunLink } from "./run";
import { useWords } from "./words";

const ENDED: ReadonlySet<Schemas["RunStatus"]> = new Set([
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
]);

/** What a run does, step by step. */
export function Steps({ run, nodes }: { run: Schemas["Run"]; nodes: Schemas["RunNodes"] }) {
  const t = useWords();
  if (nodes.turn) return <TurnView run={run} turn={nodes.turn} />;
  if (nodes.nodes.length === 0) return <p className="text-sm text-soft">{t("steps.none")}</p>;
  return <Timeline run={run} nodes={nodes.nodes} />;
}

const BARS: Record<Tone, string> = {
  good: "bg-good",
  busy: "bg-busy",
  wait: "bg-wait",
  bad: "bg-bad",
  idle: "bg-line-strong",
};

function Timeline({ run, nodes }: { run: Schemas["Run"]; nodes: Schemas["Node"][] }) {
  const t = useWords();
  const now = useNow();
  const [open, setOpen] = useState<string | null>(null);
  const from = new Date(run.started_at ?? run.created_at).getTime();
  const to = run.ended_at ? new Date(run.ended_at).getTime() : now;
  const span = Math.max(to - from, 1);
  const place = (node: Schemas["Node"]) => {
    if (!node.started_at) return null;
    const begin = new Date(node.started_at).getTime();
    const end = node.ended_at ? new Date(node.ended_at).getTime() : to;
    const left = Math.min(Math.max(((begin - from) / span) * 100, 0), 99);
    return {
      left: `${left}%`,
      width: `${Math.min(Math.max(((end - begin) / span) * 100, 0.75), 100 - left)}%`,
    };
  };
  return (
    <Card title={t("steps.timeline")} flush>
      <ul className="divide-y divide-line">
        {nodes.map((node) => {
          const bar = place(node);
          const isOpen = open === node.id;
          return (
            <li key={node.id}>
              <button
                type="button"
                aria-expanded={isOpen}
                onClick={() => setOpen(isOpen ? null : node.id)}
                className="grid w-full grid-cols-[minmax(0,14rem)_minmax(0,1fr)_4.5rem] items-center gap-4 px-4 py-2.5 text-left outline-offset-[-2px] hover:bg-hover/60 max-md:grid-cols-[minmax(0,1fr)_4.5rem]"
              >
                <span className="flex min-w-0 flex-col gap-1">
                  <span className="truncate font-medium">{node.name || node.id}</span>
                  <span className="flex items-center gap-2">
                    <Status status={node.status} />
                    <span className="truncate text-xs text-soft">{node.type}</span>
                  </span>
                </span>
                <span aria-hidden className="relative h-2 rounded-full bg-sunken max-md:hidden">
                  {bar && (
                    <span
                      className={clsx(
                        "absolute inset-y-0 rounded-full",
                        BARS[TONES[node.status]],
                        node.status === "running" && "breathe",
                      )}
                      style={bar}
                    />
                  )}
                </span>
                <span className="text-right text-sm text-soft">
                  {node.started_at && <Took from={node.started_at} to={node.ended_at} />}
                </span>
              </button>
              {isOpen && <NodeDetail runId={run.id} node={node} />}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

function NodeDetail({ runId, node }: { runId: string; node: Schemas["Node"] }) {
  const t = useWords();
  const { usage } = node;
  const whole = useQuery({
    queryKey: ["run", runId, "node", node.id],
    queryFn: () =>
      body(
        api.GET("/api/v1/runs/{run_id}/nodes/{node_id}", {
          params: { path: { run_id: runId, node_id: node.id } },
        }),
      ),
    enabled: node.output_left_out,
  });
  return (
    <div className="flex flex-col gap-3 bg-sunken px-4 py-3 text-sm">
      {node.error && <RunFailure failure={node.error} />}
      <div className="flex flex-wrap items-center gap-2 text-soft">
        <code className="font-mono text-xs">{node.id}</code>
        {node.label && <Badge>{node.label}</Badge>}
        {node.attempts > 1 && <span>{t("step.attempts", { count: node.attempts })}</span>}
        {node.items && (
          <span>{t("step.items", { ended: node.items.ended, total: node.items.total })}</span>
        )}
        {usage.model_calls > 0 && <span>{money(usage.cost_micro_usd)}</span>}
      </div>
      {node.children.length > 0 && (
        <p className="flex flex-wrap items-center gap-2 text-soft">
          {t("step.children")}
          {node.children.map((id) => (
            <RunLink key={id} id={id} />
          ))}
        </p>
      )}
      {node.output_left_out ? (
        <Read query={whole}>
          {(whole) => <Code value={whole.output} label={t("step.output")} />}
        </Read>
      ) : (
        node.output != null && <Code value={node.output} label={t("step.output")} />
      )}
    </div>
  );
}

const CALL_TONES: Record<Schemas["CallStatus"], Tone> = {
  pending: "busy",
  awaiting_approval: "wait",
  awaiting_answer: "wait",
  succeeded: "good",
  failed: "bad",
  denied: "bad",
  abandoned: "idle",
};

function TurnView({ run, turn }: { run: Schemas["Run"]; turn: Schemas["Turn"] }) {
  const t = useWords();
  const writing = useWriting(run);
  const rounds = [
    ...turn.rounds,
    ...(turn.repair ? [turn.repair] : []),
    ...(turn.report ? [turn.report] : []),
  ];
  return (
    <div className="flex flex-col gap-3">
      <Card title={t("turn.task")}>
        <p className="break-words whitespace-pre-wrap">{turn.task}</p>
      </Card>
      {rounds.map((round, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rounds are only ever added at the end
        <RoundView key={place} round={round} />
      ))}
      {writing && (
        <Card title={t("turn.writing")}>
          <p aria-live="polite" className="break-words whitespace-pre-wrap">
            {writing}
            <span
              aria-hidden
              className="breathe ml-0.5 inline-block h-4 w-1.5 translate-y-0.5 bg-accent"
            />
          </p>
        </Card>
      )}
    </div>
  );
}

function RoundView({ round }: { round: Schemas["Round"] }) {
  const t = useWords();
  return (
    <Card title={`${round.provider} · ${round.model}`}>
      <div className="flex flex-col gap-3">
        {round.reasoning && (
          <details className="text-sm text-soft">
            <summary>{t("turn.reasoning")}</summary>
            <p className="mt-1 break-words whitespace-pre-wrap">{round.reasoning}</p>
          </details>
        )}
        {round.text && <p className="break-words whitespace-pre-wrap">{round.text}</p>}
        {round.calls.map((call) => (
          <details key={call.call_id} className="rounded-md border border-line">
            <summary className="flex items-center gap-2 px-3 py-2 text-sm">
              <span className="flex-1">{t("turn.calls", { tool: call.tool })}</span>
              <Badge tone={CALL_TONES[call.status]}>{call.status.replaceAll("_", " ")}</Badge>
            </summary>
            <div className="flex flex-col gap-2 border-t border-line p-3">
              <Code value={call.arguments} label={t("turn.arguments")} />
              {call.result != null && <Code value={call.result} label={t("turn.result")} />}
            </div>
          </details>
        ))}
      </div>
    </Card>
  );
}

/** The answer that is being written now, piece by piece. */
function useWriting(run: Schemas["Run"]): string {
  const [text, setText] = useState<{ key: string; text: string } | null>(null);
  useEvents(
    ENDED.has(run.status)
      ? null
      : { runId: run.id, types: ["run.delta", "run.step.*"], previews: true },
    {
      onEvent(event) {
        const data = event.data as {
          run_id?: string;
          key?: string;
          attempt?: number;
          text?: string;
          reasoning?: boolean;
        };
        if (data.run_id !== run.id) return;
        if (event.type !== "run.delta") return setText(null);
        if (data.reasoning) return;
        const key = `${data.key}/${data.attempt}`;
        setText((before) => ({
          key,
          text: (before?.key === key ? before.text : "") + (data.text ?? ""),
        }));
      },
      onGap: () => setText(null),
    },
  );
  return text?.text ?? "";
}
