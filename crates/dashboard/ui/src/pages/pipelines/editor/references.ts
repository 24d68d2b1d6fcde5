// Where expressions name a node: `nodes.ID` and `nodes['ID']`, in every text of a definition.

import type { Definition, NodeDefinition } from "../definition";

/** The text with another name for a node. */
function renameInText(text: string, id: string, to: string): string {
  if (!text.includes("nodes")) return text;
  const escaped = id.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text
    .replace(new RegExp(`(\\bnodes\\s*\\.\\s*)${escaped}(?![A-Za-z0-9_])`, "g"), `$1${to}`)
    .replace(new RegExp(`(\\bnodes\\s*\\[\\s*(["']))${escaped}(\\2\\s*\\])`, "g"), `$1${to}$3`);
}

/** The value with another name for a node in all its texts. What does not name it stays the same value. */
export function renameInValue(value: unknown, id: string, to: string): unknown {
  if (typeof value === "string") return renameInText(value, id, to);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => renameInValue(item, id, to));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const before = Object.entries(value);
  const after = before.map(([key, item]) => [key, renameInValue(item, id, to)] as const);
  return after.some(([, item], index) => item !== before[index]?.[1])
    ? Object.fromEntries(after)
    : value;
}

/** The definition with another name for a node: there, at its edges, and wherever it is named. */
export function renameNode(definition: Definition, id: string, to: string): Definition {
  const named = (one: string) => (one === id ? to : one);
  const { nodes, edges, outputs } = definition;
  return {
    ...definition,
    nodes: nodes.map((node) => {
      const renamed = renameInValue(node, id, to) as NodeDefinition;
      return node.id === id ? { ...renamed, id: to } : renamed;
    }),
    edges: edges.map((edge) =>
      edge.from === id || edge.to === id
        ? { ...edge, from: named(edge.from), to: named(edge.to) }
        : edge,
    ),
    ...(outputs !== undefined && { outputs: renameInValue(outputs, id, to) }),
  };
}
