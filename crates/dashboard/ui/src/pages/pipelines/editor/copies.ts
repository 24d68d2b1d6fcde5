// Copies of nodes, which name each other and not the originals.

import { own } from "@/api/own";
import type { Definition, EdgeDefinition, NodeDefinition } from "../definition";
import { freePlace, type Places } from "./layout";
import { freshId } from "./node-ids";
import { renameInValue } from "./references";

/** Nodes with the edges among them, as they are copied. */
export interface Clip {
  nodes: NodeDefinition[];
  edges: EdgeDefinition[];
  places: Places;
}

/** What is selected, to copy. */
export function clipOf({
  definition,
  places,
  selection,
}: {
  definition: Definition;
  places: Places;
  selection: { nodes: readonly string[] };
}): Clip {
  const ids = new Set(selection.nodes);
  const nodes = definition.nodes.filter(({ id, type }) => ids.has(id) && type !== "trigger");
  const copied = new Set(nodes.map(({ id }) => id));
  return {
    nodes,
    edges: definition.edges.filter(({ from, to }) => copied.has(from) && copied.has(to)),
    places: Object.fromEntries(
      nodes.flatMap(({ id }) => {
        const place = own(places, id);
        return place ? [[id, place]] : [];
      }),
    ),
  };
}

/** The definition and the places with copies of the nodes, and the ids of these. */
export function pasted(
  definition: Definition,
  before: Places,
  clip: Clip,
): { definition: Definition; places: Places; ids: string[] } {
  const taken = new Set(definition.nodes.map(({ id }) => id));
  const ids = new Map<string, string>();
  for (const { id } of clip.nodes) {
    const fresh = freshId(taken, id);
    taken.add(fresh);
    ids.set(id, fresh);
  }
  const places: Places = { ...before };
  for (const [id, fresh] of ids) {
    const place = own(clip.places, id);
    places[fresh] = place
      ? { x: place.x + 40, y: place.y + 60 }
      : freePlace(places, undefined, false);
  }
  const nodes = clip.nodes.map((node) => {
    let copy: unknown = node;
    // Through names that nothing can have, so that two that change places do not meet.
    for (const id of ids.keys()) copy = renameInValue(copy, id, `\u0000${id}`);
    for (const [id, fresh] of ids) copy = renameInValue(copy, `\u0000${id}`, fresh);
    return { ...(copy as NodeDefinition), id: ids.get(node.id) ?? node.id };
  });
  const edges = clip.edges.map((edge) => ({
    ...edge,
    from: ids.get(edge.from) ?? edge.from,
    to: ids.get(edge.to) ?? edge.to,
  }));
  return {
    definition: {
      ...definition,
      nodes: [...definition.nodes, ...nodes],
      edges: [...definition.edges, ...edges],
    },
    places,
    ids: [...ids.values()],
  };
}
