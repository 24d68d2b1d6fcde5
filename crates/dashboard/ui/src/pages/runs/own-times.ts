// The nodes of a run as this run has them: when they ran in it, which wants a look, and their order in the graph.

import type { Schemas } from "@/api/client";
import type { Definition } from "../pipelines/definition";

/** A node of a run. One that was taken over from the run before it has no times in this one. */
export type OwnNode = Schemas["Node"] & {
  /** The run from which it was taken over. */
  takenFrom?: string;
};

type Span = Pick<Schemas["Run"], "retry_of" | "created_at" | "started_at">;

/** Nodes whose times lie in the run. A retry is told those of the run before it. */
export function ownNodes(run: Span, nodes: Schemas["Node"][]): OwnNode[] {
  const { retry_of: before } = run;
  if (!before) return nodes;
  const created = Date.parse(run.created_at);
  const began = run.started_at ?? run.created_at;
  return nodes.map((node): OwnNode => {
    const { started_at: started, ended_at: ended, ...rest } = node;
    if (ended && Date.parse(ended) < created) return { ...rest, takenFrom: before };
    if (started && Date.parse(started) < Date.parse(began)) return { ...node, started_at: began };
    return node;
  });
}

const LOOKS: Schemas["NodeStatus"][][] = [["failed", "timed_out"], ["waiting"], ["running"]];

/** The node that one wants to see first: what failed, else what waits, else what runs. */
export function wantsLook(nodes: Pick<Schemas["Node"], "id" | "status">[]): string | undefined {
  for (const statuses of LOOKS) {
    const found = nodes.find(({ status }) => statuses.includes(status));
    if (found) return found.id;
  }
  return undefined;
}

/** Nodes in the order of the graph: each after those that lead to it. */
export function inGraphOrder<N extends { id: string }>(
  nodes: readonly N[],
  edges: Definition["edges"],
): N[] {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const within = edges.filter(({ from, to }) => known.has(from) && known.has(to));
  const open = new Map(nodes.map(({ id }) => [id, 0]));
  for (const { to } of within) open.set(to, (open.get(to) ?? 0) + 1);
  const order = nodes.filter(({ id }) => open.get(id) === 0);
  for (const { id } of order) {
    for (const { from, to } of within) {
      if (from !== id) continue;
      const left = (open.get(to) ?? 0) - 1;
      open.set(to, left);
      const next = known.get(to);
      if (left === 0 && next) order.push(next);
    }
  }
  return order.length === nodes.length ? order : [...nodes];
}
