// Where nodes stand: laid out from left to right, unless somebody has moved them.

import { Graph, layout } from "@dagrejs/dagre";
import { own } from "@/api/own";
import { type Definition, labelOf, type NodeDefinition } from "../definition";

export interface Place {
  x: number;
  y: number;
}
export type Places = Record<string, Place>;

/** The width of a node's card, in pixels. */
export const NODE_WIDTH = 208;
const HEAD = 60;
const PORT = 22;

/** The labels that the edges of each node have. */
export function usedLabels({ edges }: Definition): Map<string, string[]> {
  const used = new Map<string, string[]>();
  for (const edge of edges) {
    const label = labelOf(edge);
    if (label === "") continue;
    const labels = used.get(edge.from);
    if (labels) labels.push(label);
    else used.set(edge.from, [label]);
  }
  return used;
}

/** The outcomes of a node that have a handle of their own: those of its type, and those that edges use. */
export function portsOf(
  node: NodeDefinition,
  labels: readonly string[],
  used: readonly string[] | undefined,
): string[] {
  return [...new Set([...casesOf(node), ...labels, ...(used ?? [])])];
}

/** The names of a switch's cases. */
export function casesOf(node: NodeDefinition): string[] {
  const cases = node.type === "switch" ? node.config?.cases : null;
  if (!Array.isArray(cases)) return [];
  const names = cases.map((one: { name?: unknown } | null) => one?.name);
  return [...new Set(names.filter((name) => typeof name === "string" && name !== ""))] as string[];
}

/** The height of a card with so many outcomes. */
export function heightOf(ports: number): number {
  return HEAD + (ports > 0 ? ports * PORT + 8 : 0);
}

// The graph keeps its nodes in an object, where `constructor` is never free.
const named = (id: string) => `node ${id}`;

/** Lays out all nodes. */
export function arrange(
  definition: Definition,
  labels: (type: string) => readonly string[],
): Places {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 28, ranksep: 72 });
  graph.setDefaultEdgeLabel(() => ({}));
  const used = usedLabels(definition);
  for (const node of definition.nodes) {
    const height = heightOf(portsOf(node, labels(node.type), used.get(node.id)).length);
    graph.setNode(named(node.id), { width: NODE_WIDTH, height });
  }
  for (const [index, { from, to }] of definition.edges.entries()) {
    const [source, target] = [named(from), named(to)];
    if (graph.hasNode(source) && graph.hasNode(target))
      graph.setEdge(source, target, {}, String(index));
  }
  layout(graph);
  return Object.fromEntries(
    definition.nodes.map(({ id }) => {
      const { x, y, height } = graph.node(named(id)) as unknown as Place & { height: number };
      return [id, { x: Math.round(x - NODE_WIDTH / 2), y: Math.round(y - height / 2) }];
    }),
  );
}

/** The places that are known, and laid-out ones for all other nodes. */
export function complete(
  known: Places,
  definition: Definition,
  labels: (type: string) => readonly string[],
): Places {
  if (definition.nodes.every(({ id }) => own(known, id))) return known;
  const arranged = arrange(definition, labels);
  return Object.fromEntries(
    definition.nodes.flatMap(({ id }) => {
      const place = own(known, id) ?? own(arranged, id);
      return place ? [[id, place]] : [];
    }),
  );
}

/** How much of a graph can be read at once, in its pixels: three columns, and two on a phone. */
const READABLE = { wide: 800, narrow: 500 };

/** The zoom from which on a whole graph is readable, and what of the window is beside it, in pixels. */
const WHOLE = { zoom: 0.65, beside: 580 };

/**
 * What a graph is opened on: the whole, or where that would be too small to read, what is around a node
 * or else its beginning.
 */
export function openingOf(places: Places, narrow = innerWidth < 640, around?: string) {
  const xs = Object.values(places).map(({ x }) => x);
  const left = Math.min(...xs);
  const right = Math.max(...xs) + NODE_WIDTH;
  const readable = narrow ? READABLE.narrow : READABLE.wide;
  const fits = !narrow && (right - left) * WHOLE.zoom <= innerWidth - WHOLE.beside;
  const middle = (around === undefined ? left : (places[around]?.x ?? left)) + NODE_WIDTH / 2;
  const from = fits ? left : Math.max(left, Math.min(middle - readable / 2, right - readable));
  const to = fits ? right : from + readable;
  const shown = Object.keys(places).filter((id) => {
    const x = places[id]?.x ?? 0;
    return x >= from && x + NODE_WIDTH <= to;
  });
  return {
    nodes: shown.map((id) => ({ id })),
    minZoom: 0.5,
    maxZoom: 1,
    padding: { x: 0.06, top: 0.06, bottom: CONTROLS },
  };
}

/** Room for the buttons below the nodes. */
const CONTROLS = "48px" as const;

const STORED = "gathering.places.";

/** The places to which somebody has moved the nodes of a pipeline, in this browser. */
export function storedPlaces(pipelineId: string): Places {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(STORED + pipelineId) ?? "{}");
    const found = Object.entries(value as Places).filter(
      ([, place]: [string, Partial<Place> | null]) =>
        Number.isFinite(place?.x) && Number.isFinite(place?.y),
    );
    return Object.fromEntries(found);
  } catch {
    return {};
  }
}

/** Keeps them. A browser that is full keeps none. */
export function storePlaces(pipelineId: string, places: Places): void {
  try {
    localStorage.setItem(STORED + pipelineId, JSON.stringify(places));
  } catch {
    // The graph is laid out anew then.
  }
}

/** A place where nothing stands: at or to the right of another, or below all. */
export function freePlace(places: Places, at: Place | undefined, aside: boolean): Place {
  const all = Object.values(places);
  const place = at
    ? { x: at.x + (aside ? 280 : 0), y: at.y }
    : { x: 0, y: Math.max(-110, ...all.map(({ y }) => y)) + 110 };
  const covers = ({ x, y }: Place) => Math.abs(x - place.x) < 216 && Math.abs(y - place.y) < 80;
  while (all.some(covers)) place.y += 10;
  return place;
}
