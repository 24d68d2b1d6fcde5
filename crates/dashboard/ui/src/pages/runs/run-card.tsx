// How a node of a run looks in the graph: where it is by shape, word and colour; what it is at.

import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import clsx from "clsx";
import { memo } from "react";
import { StatusIcon, TONES, type Tone } from "@/design/status";
import { Took } from "@/design/time";
import { useVocabulary } from "@/i18n/vocabulary";
import type { NodeDefinition } from "../pipelines/definition";
import { NODE_WIDTH } from "../pipelines/editor/layout";
import { TypeIcon } from "../pipelines/editor/node-card";
import type { OwnNode } from "./own-times";
import { useWords } from "./words";

/** A node in the graph of a run. */
export type RunCardNode = Node<
  {
    node: NodeDefinition;
    ports: string[];
    /** Where it is; nothing before the run has begun. */
    state: OwnNode | undefined;
    chosen: boolean;
    onChoose: (id: string) => void;
    onFocus: (id: string) => void;
  },
  "run"
>;

const HANDLE = "!size-1.5 !min-w-0 !border-0 !bg-line-strong";

const EDGES: Record<Tone, string> = {
  good: "border-good/60",
  busy: "border-busy",
  wait: "border-wait",
  bad: "border-bad",
  idle: "border-line",
};

const INKS: Record<Tone, string> = {
  good: "text-good",
  busy: "text-busy",
  wait: "text-wait",
  bad: "text-bad",
  idle: "text-soft",
};

/** Drawn anew only when something of this node changes. */
export const RunCard = memo(function RunCard({ data }: NodeProps<RunCardNode>) {
  const t = useWords();
  const c = useVocabulary();
  const { node, ports, state, chosen, onChoose, onFocus } = data;
  const status = state?.status ?? "pending";
  const tone = TONES[status];
  const name = node.name || node.id;
  return (
    <div
      style={{ width: NODE_WIDTH }}
      className={clsx(
        "relative rounded-lg border bg-card text-left",
        EDGES[tone],
        status === "skipped" && !chosen && "opacity-65",
        chosen && "outline-2 outline-offset-1 outline-accent",
      )}
    >
      {node.type !== "trigger" && (
        <Handle
          type="target"
          position={Position.Left}
          isConnectable={false}
          className={HANDLE}
          style={{ top: 29 }}
        />
      )}
      <button
        type="button"
        aria-pressed={chosen}
        aria-label={`${name}, ${node.type}, ${c(`status.${status}`)}`}
        onClick={() => onChoose(node.id)}
        onFocus={() => onFocus(node.id)}
        className="nodrag nopan pointer-events-auto flex h-14.5 w-full items-center gap-2.5 rounded-lg px-3 text-left hover:bg-hover/60"
      >
        <TypeIcon type={node.type} className="text-soft" />
        <span className="min-w-0 flex-1">
          <span className="block truncate text-sm font-medium">{name}</span>
          <span className={clsx("flex items-center gap-1 text-2xs", INKS[tone])}>
            <StatusIcon status={status} className="shrink-0" />
            <span className="truncate">{c(`status.${status}`)}</span>
            {state?.items && !state.takenFrom && (
              <span className="ml-auto shrink-0 tabular-nums">
                {t("card.items", { ended: state.items.ended, total: state.items.total })}
              </span>
            )}
            {state?.takenFrom && (
              <span className="ml-auto truncate text-soft">{t("card.takenOver")}</span>
            )}
            {state?.started_at && !state.items && (
              <span className="ml-auto shrink-0 text-soft">
                <Took from={state.started_at} to={state.ended_at} />
              </span>
            )}
          </span>
        </span>
      </button>
      <Handle
        type="source"
        position={Position.Right}
        isConnectable={false}
        className={HANDLE}
        style={{ top: 29 }}
      />
      {ports.length > 0 && (
        <ul className="border-t border-line py-1">
          {ports.map((port) => (
            <li
              key={port}
              className={clsx(
                "relative h-5.5 px-3 text-right text-2xs leading-5.5",
                state?.label === port ? "font-semibold text-ink" : "text-soft",
              )}
            >
              {state?.label === port && <span className="sr-only">{t("card.taken")} </span>}
              {port}
              <Handle
                type="source"
                id={port}
                position={Position.Right}
                isConnectable={false}
                className={HANDLE}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
});
