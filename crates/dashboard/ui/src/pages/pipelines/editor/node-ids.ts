// What nodes can be called.

import type { Definition } from "../definition";

const ID = /^[a-z][a-z0-9_]{0,63}$/;

/** Why a node cannot be called that. */
export function idFault(definition: Definition, id: string, to: string): "form" | "taken" | null {
  if (!ID.test(to)) return "form";
  return to !== id && definition.nodes.some((node) => node.id === to) ? "taken" : null;
}

/** An id that no node has yet. */
export function freshId(taken: ReadonlySet<string>, wanted: string): string {
  const base = wanted.replace(/_\d+$/, "").slice(0, 58);
  if (!taken.has(wanted) && ID.test(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${base}_${number}`)) number += 1;
  return `${base}_${number}`;
}
