// Where edges may lead.

import { type Definition, type EdgeDefinition, labelOf } from "../definition";

/** An edge with that label; what else `before` says of it stays. */
export function edgeOf(
  from: string,
  to: string,
  when: string,
  before?: EdgeDefinition,
): EdgeDefinition {
  const { when: _, ...rest } = before ?? { from, to };
  return when === "" ? rest : { ...rest, when };
}

/** The nodes to which an edge may lead: no trigger, none that comes before, and to each once. */
export function targetsOf({ nodes, edges }: Definition, from: string, when: string): Set<string> {
  const before = new Map<string, string[]>();
  const never = new Set<string>();
  for (const edge of edges) {
    const sources = before.get(edge.to);
    if (sources) sources.push(edge.from);
    else before.set(edge.to, [edge.from]);
  }
  const next = [from];
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    if (never.has(id)) continue;
    never.add(id);
    next.push(...(before.get(id) ?? []));
  }
  for (const edge of edges) {
    if (edge.from === from && labelOf(edge) === when) never.add(edge.to);
  }
  const targets = nodes.filter(({ id, type }) => type !== "trigger" && !never.has(id));
  return new Set(targets.map(({ id }) => id));
}

/** Whether an edge may lead there. */
export function mayConnect(
  definition: Definition,
  from: string,
  to: string,
  when: string,
): boolean {
  return (
    definition.nodes.some(({ id }) => id === from) && targetsOf(definition, from, when).has(to)
  );
}
