// The nodes of a run over time: when each began, and how long it took.

import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import type { Schemas } from "@/api/client";
import { Card } from "@/design/layout";
import { Status, TONES, type Tone } from "@/design/status";
import { Took, useNow } from "@/design/time";
import { inGraphOrder, type OwnNode } from "./own-times";
import { usePinned } from "./queries";
import { useWords } from "./words";

const BARS: Record<Tone, string> = {
  good: "bg-good",
  busy: "bg-busy",
  wait: "bg-wait",
  bad: "bg-bad",
  idle: "bg-line-strong",
};

interface TimelineProps {
  run: Schemas["Run"];
  nodes: OwnNode[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
}

/** The nodes, in the order of the graph. */
export function Timeline({ run, nodes, chosen, onChoose }: TimelineProps) {
  const t = useWords();
  const now = useNow();
  const pinned = usePinned(run);
  if (nodes.length === 0) return <p className="text-sm text-soft">{t("steps.none")}</p>;
  const from = new Date(run.started_at ?? run.created_at).getTime();
  const to = run.ended_at ? new Date(run.ended_at).getTime() : now;
  const inOrder = inGraphOrder(nodes, pinned.data?.definition.edges ?? []);
  return (
    <Card title={t("steps.timeline")} flush>
      <ul className="divide-y divide-line">
        {inOrder.map((node) => {
          const bar = barOf(node, from, to);
          return (
            <li key={node.id} className="relative">
              <button
                type="button"
                aria-pressed={chosen === node.id}
                onClick={() => onChoose(node.id)}
                className={clsx(
                  "grid w-full grid-cols-[minmax(0,14rem)_minmax(0,1fr)_4.5rem] items-center gap-4 px-4 py-2 text-left outline-offset-[-2px] hover:bg-hover/60 max-md:grid-cols-[minmax(0,1fr)_4.5rem]",
                  chosen === node.id && "bg-accent-wash hover:bg-accent-wash",
                )}
              >
                <span className="flex min-w-0 flex-col gap-1">
                  <span className="truncate font-medium">{node.name || node.id}</span>
                  <span className="flex items-center gap-2">
                    <Status status={node.status} />
                    <span className="truncate text-xs text-soft">
                      {node.items
                        ? t("step.items", { ended: node.items.ended, total: node.items.total })
                        : node.type}
                    </span>
                  </span>
                </span>
                <span
                  aria-hidden
                  className={clsx(
                    "relative h-2 rounded-full max-md:hidden",
                    !node.takenFrom && "bg-sunken",
                  )}
                >
                  {bar && (
                    <span
                      className={clsx(
                        "absolute inset-y-0 rounded-full",
                        BARS[TONES[node.status]],
                        node.status === "running" && "breathe",
                      )}
                      style={{ left: `${bar.left}%`, width: `${bar.width}%` }}
                    />
                  )}
                </span>
                <span className="text-right text-sm text-soft">
                  {node.started_at && <Took from={node.started_at} to={node.ended_at} />}
                </span>
              </button>
              {node.takenFrom && (
                <Link
                  to="/runs/$runId"
                  params={{ runId: node.takenFrom }}
                  search={{ node: node.id, view: "timeline" }}
                  className="absolute top-1/2 right-4 -translate-y-1/2 text-sm text-accent hover:underline"
                >
                  <span className="max-md:hidden">{t("node.takenOver")}</span>
                  <span className="md:hidden">{t("card.takenOver")}</span>
                </Link>
              )}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

/** The least width of a bar, so that what was short is seen. */
const LEAST = 0.75;

/** Where the bar of a node is, in hundredths of the whole; nothing for a node that has not begun. */
export function barOf(
  node: Pick<Schemas["Node"], "started_at" | "ended_at">,
  from: number,
  to: number,
): { left: number; width: number } | null {
  if (!node.started_at) return null;
  const span = Math.max(to - from, 1);
  const begin = new Date(node.started_at).getTime();
  const end = node.ended_at ? new Date(node.ended_at).getTime() : to;
  const left = Math.min(Math.max(((begin - from) / span) * 100, 0), 100 - LEAST);
  const width = Math.min(Math.max(((end - begin) / span) * 100, LEAST), 100 - left);
  return { left, width };
}
