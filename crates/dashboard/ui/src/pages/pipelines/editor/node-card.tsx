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
import { memo } from "react";
import type { NodeDefinition } from "../definition";
import { NODE_WIDTH } from "./layout";

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
  const Icon = ICONS[type] ?? Box;
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

const HANDLE = "!size-2.5 !border-2 !border-card !bg-line-strong";

/** Drawn anew only when something of this node changes. */
export const NodeCard = memo(function NodeCard({
  data,
  selected,
  isConnectable,
}: NodeProps<CardNode>) {
  const { node, ports, fault } = data;
  return (
    <div
      style={{ width: NODE_WIDTH }}
      className={clsx(
        "rounded-lg border bg-card text-left",
        selected ? "border-accent outline-1 outline-accent" : "border-line",
        fault && "border-bad",
      )}
    >
      {node.type !== "trigger" && (
        <Handle
          type="target"
          position={Position.Left}
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
