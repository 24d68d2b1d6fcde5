// What a pipeline's definition looks like to the pages: its nodes and edges; the rest is kept as it is.

/** A part that does something. */
export interface NodeDefinition {
  id: string;
  type: string;
  name?: string;
  config?: Record<string, unknown>;
  [field: string]: unknown;
}

/** What follows what. */
export interface EdgeDefinition {
  from: string;
  to: string;
  when?: unknown;
}

/** A whole definition. */
export interface Definition {
  name?: string;
  nodes: NodeDefinition[];
  edges: EdgeDefinition[];
  [key: string]: unknown;
}

type Obj = Record<string, unknown>;

function isObject(value: unknown): value is Obj {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The part of a definition that cannot be drawn, if there is one. */
export type Undrawable = "object" | "nodes" | "edges";

/** Reads a value as a definition. What is merely faulty stays; what could not be drawn is told. */
export function readDefinition(value: unknown): Definition | Undrawable {
  if (!isObject(value)) return "object";
  const nodes = value.nodes ?? [];
  const edges = value.edges ?? [];
  if (!Array.isArray(nodes)) return "nodes";
  const ids = new Set<string>();
  for (const node of nodes) {
    if (!isObject(node) || typeof node.id !== "string" || typeof node.type !== "string")
      return "nodes";
    if (ids.has(node.id)) return "nodes";
    ids.add(node.id);
  }
  if (!Array.isArray(edges)) return "edges";
  for (const edge of edges) {
    if (!isObject(edge) || typeof edge.from !== "string" || typeof edge.to !== "string")
      return "edges";
  }
  return {
    ...value,
    nodes: nodes as NodeDefinition[],
    edges: edges as unknown as EdgeDefinition[],
  };
}

/** A definition that the server has given. */
export function givenDefinition(value: unknown): Definition {
  const read = readDefinition(value);
  return typeof read === "string" ? { nodes: [], edges: [] } : read;
}

/** The outcome at which an edge is followed; empty for one that is followed always. */
export function labelOf(edge: EdgeDefinition): string {
  return edge.when == null ? "" : String(edge.when);
}

/** The smallest pipeline that can run. */
export function emptyPipeline(name: string): Definition {
  return { name, nodes: [{ id: "start", type: "trigger" }], edges: [] };
}
