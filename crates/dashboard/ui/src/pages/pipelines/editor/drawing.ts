// From a definition to what the canvas draws; what has not changed keeps its identity, so that it is not drawn anew.

import { type Edge, MarkerType } from "@xyflow/react";
import type { CSSProperties } from "react";
import type { Schemas } from "@/api/client";
import { own } from "@/api/own";
import { type Definition, labelOf } from "../definition";
import { type Places, portsOf, usedLabels } from "./layout";
import { type CardNode, NodeCard } from "./node-card";

/** The kinds of nodes that the canvas knows. */
export const NODE_KINDS = { card: NodeCard };

/** The colours of edges, as the canvas calls them. */
export const EDGE_COLOURS = {
  "--xy-edge-stroke": "var(--line-strong)",
  "--xy-edge-stroke-selected": "var(--accent)",
  "--xy-edge-stroke-width": "1.5",
  "--xy-background-color": "var(--paper)",
} as CSSProperties;

/** What is wrong, by the index of the node or edge. */
export interface Marks {
  nodes: Map<number, string>;
  edges: Map<number, string>;
}

export const UNMARKED: Marks = { nodes: new Map(), edges: new Map() };

/** Sorts faults by what they are about. */
export function marksOf(faults: readonly Schemas["FieldError"][]): Marks {
  const marks: Marks = { nodes: new Map(), edges: new Map() };
  for (const { pointer, message } of faults) {
    const about = aboutOf(pointer);
    if (about === null) continue;
    const before = marks[about.kind].get(about.index);
    marks[about.kind].set(about.index, before === undefined ? message : `${before}\n${message}`);
  }
  return marks;
}

/** The node or edge that a JSON pointer leads to or into. */
export function aboutOf(pointer: string): { kind: "nodes" | "edges"; index: number } | null {
  const match = /^\/(nodes|edges)\/(\d+)(?:\/|$)/.exec(pointer);
  return match ? { kind: match[1] as "nodes" | "edges", index: Number(match[2]) } : null;
}

/** The name of an edge on the canvas. */
export function edgeId(index: number): string {
  return `edge/${index}`;
}

/** The index of the edge with that name. */
export function edgeIndex(id: string): number {
  return Number(id.slice("edge/".length));
}

interface Drawn {
  definition: Definition;
  places: Places;
  labels: (type: string) => readonly string[];
  marks: Marks;
}

/** The nodes to draw. */
export function drawNodes(
  { definition, places, labels, marks }: Drawn,
  before: readonly CardNode[],
  selected: ReadonlySet<string> | null,
): CardNode[] {
  const known = new Map(before.map((node) => [node.id, node]));
  const used = usedLabels(definition);
  return definition.nodes.map((node, index) => {
    const old = known.get(node.id);
    const ports = portsOf(node, labels(node.type), used.get(node.id));
    const fault = marks.nodes.get(index) ?? null;
    const place = own(places, node.id) ?? { x: 0, y: 0 };
    const position = old?.dragging ? old.position : place;
    const isSelected = selected ? selected.has(node.id) : (old?.selected ?? false);
    const samePorts = old?.data.ports.join(" ") === ports.join(" ");
    const sameData = samePorts && old?.data.node === node && old.data.fault === fault;
    const data = sameData ? old.data : { node, ports, fault };
    if (
      sameData &&
      old.selected === isSelected &&
      old.position.x === position.x &&
      old.position.y === position.y
    ) {
      return old;
    }
    return {
      ...old,
      // Other handles are elsewhere: the canvas measures them anew.
      ...(!samePorts && { measured: undefined }),
      id: node.id,
      type: "card" as const,
      position,
      data,
      selected: isSelected,
      ariaLabel: `${node.name || node.id}, ${node.type}`,
    };
  });
}

/** The edges to draw. An edge to or from nothing is not drawn; its fault is in the list. */
export function drawEdges(
  { definition, marks }: Pick<Drawn, "definition" | "marks">,
  before: readonly Edge[],
  selected: ReadonlySet<number> | null,
): Edge[] {
  const ids = new Set(definition.nodes.map(({ id }) => id));
  const known = new Map(before.map((edge) => [edge.id, edge]));
  return definition.edges.flatMap((edge, index) => {
    if (!ids.has(edge.from) || !ids.has(edge.to)) return [];
    const id = edgeId(index);
    const label = labelOf(edge);
    const fault = marks.edges.get(index);
    const old = known.get(id);
    const isSelected = selected ? selected.has(index) : (old?.selected ?? false);
    if (
      old?.source === edge.from &&
      old.target === edge.to &&
      (old.sourceHandle ?? "") === label &&
      old.data?.fault === fault &&
      old.selected === isSelected
    ) {
      return [old];
    }
    return [
      {
        id,
        source: edge.from,
        target: edge.to,
        sourceHandle: label === "" ? null : label,
        selected: isSelected,
        data: { fault },
        // Its outcome stands at the handle.
        ...(fault && { label: "⚠" }),
        ...(fault && { style: { stroke: "var(--bad)" } }),
        labelStyle: { fill: fault ? "var(--bad)" : "var(--soft)", fontSize: 11 },
        labelBgStyle: { fill: "var(--paper)" },
        markerEnd: {
          type: MarkerType.ArrowClosed,
          color: fault ? "var(--bad)" : "var(--line-strong)",
        },
        ariaLabel: `${edge.from} → ${edge.to}${label && `, ${label}`}${fault ? `: ${fault}` : ""}`,
      },
    ];
  });
}
