// How a node looks on the canvas, with a handle for each of its outcomes.

import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import clsx from "clsx";
import {
  Bot,
  Box,
  CircleAlert,
  CircleCheck,
  Clock3,
  GitFork,
  type LucideIcon,
  Repeat,
  Send,
  Shuffle,
  Split,
  Waypoints,
  Workflow,
  Wrench,
  Zap,
} from "lucide-react";
import { createContext, type KeyboardEvent, memo, use } from "react";
import { own } from "@/api/own";
import type { NodeDefinition } from "../definition";
import { NODE_WIDTH } from "./layout";
import { useWords } from "./words";

const ICONS: Record<string, LucideIcon> = {
  trigger: Zap,
  agent: Bot,
  tool: Wrench,
  condition: Split,
  switch: Waypoints,
  parallel: GitFork,
  map: Repeat,
  pipeline: Workflow,
  delay: Clock3,
  approval: CircleCheck,
  transform: Shuffle,
  action: Send,
};

/** The picture of a type of nodes. */
export function TypeIcon({ type, className }: { type: string; className?: string }) {
  const Icon = own(ICONS, type) ?? Box;
  return <Icon aria-hidden className={clsx("size-4 shrink-0", className)} />;
}

/** A node on the canvas. */
export type CardNode = Node<
  {
    node: NodeDefinition;
    ports: string[];
    /** What is wrong with it. */
    fault: string | null;
  },
  "card"
>;

/** Begins an edge at an outcome of a node, by keyboard. Nothing does where the graph is only looked at. */
export const BeginEdge = createContext<((from: string, when: string) => void) | null>(null);

// What can be hit is larger than what is seen.
const HANDLE =
  "!size-3 !border-2 !border-card !bg-line-strong hover:!bg-accent focus-visible:!bg-accent " +
  "before:absolute before:-inset-1.5 before:content-['']";

/** Drawn anew only when something of this node changes. */
export const NodeCard = memo(function NodeCard({
  data,
  selected,
  isConnectable,
}: NodeProps<CardNode>) {
  const { node, ports, fault } = data;
  const t = useWords();
  const begin = use(BeginEdge);
  const output = (port: string) => ({
    role: "button",
    "aria-label": port ? t("handle.outcome", { id: node.id, port }) : t("handle.out", node),
    // In the order of Tab only while the node is selected: there are many.
    tabIndex: begin && selected ? 0 : -1,
    onKeyDown: (event: KeyboardEvent) => {
      if (begin === null || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      event.stopPropagation();
      begin(node.id, port);
    },
  });
  return (
    <div
      style={{ width: NODE_WIDTH }}
      className={clsx(
        "rounded-lg border bg-card text-left",
        selected
          ? "border-accent outline-2 outline-accent"
          : fault
            ? "border-bad"
            : "border-line hover:border-line-strong",
      )}
    >
      {node.type !== "trigger" && (
        <Handle
          type="target"
          position={Position.Left}
          role="img"
          aria-label={t("handle.in", node)}
          isConnectable={isConnectable}
          className={HANDLE}
          style={{ top: 29 }}
        />
      )}
      <div className="flex h-14.5 items-center gap-2.5 px-3">
        <TypeIcon type={node.type} className="text-accent" />
        <div className="min-w-0 flex-1">
          <p className="truncate text-sm font-medium">{node.name || node.id}</p>
          <p className="truncate text-2xs text-soft">
            {node.name ? `${node.type} · ${node.id}` : node.type}
          </p>
        </div>
        {fault && (
          <span title={fault} className="text-bad">
            <CircleAlert aria-hidden className="size-4" />
            <span className="sr-only">{fault}</span>
          </span>
        )}
      </div>
      <Handle
        type="source"
        position={Position.Right}
        {...output("")}
        isConnectable={isConnectable}
        className={HANDLE}
        style={{ top: 29 }}
      />
      {ports.length > 0 && (
        <ul className="border-t border-line py-1">
          {ports.map((port) => (
            <li
              key={port}
              className="relative h-5.5 px-3 text-right text-2xs leading-5.5 text-soft"
            >
              {port}
              <Handle
                type="source"
                id={port}
                position={Position.Right}
                {...output(port)}
                isConnectable={isConnectable}
                className={HANDLE}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
});
