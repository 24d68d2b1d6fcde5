// Which edges of a pipeline a run has taken.

import type { Schemas } from "@/api/client";
import { type EdgeDefinition, labelOf } from "../pipelines/definition";

/** Whether a run went along an edge, went elsewhere, or may go there yet. */
export type Taken = "yes" | "no" | "open";

type Stand = Pick<Schemas["Node"], "status" | "label">;

/** Outcomes on which edges without a label are followed. */
const GOES_ON: ReadonlySet<Schemas["NodeStatus"]> = new Set(["succeeded", "failed", "timed_out"]);

/** Whether a run whose nodes stand so has taken an edge. */
export function takenOf(edge: EdgeDefinition, nodes: ReadonlyMap<string, Stand>): Taken {
  const from = nodes.get(edge.from);
  const to = nodes.get(edge.to);
  if (from === undefined || to === undefined) return "open";
  const { status } = from;
  if (status === "pending" || status === "running" || status === "waiting") return "open";
  if (!GOES_ON.has(status)) return "no";
  const failed = status !== "succeeded";
  const when = labelOf(edge);
  if (when === "error") return failed ? "yes" : "no";
  if (when !== "") return !failed && from.label === when ? "yes" : "no";
  // A failure that ends the run, or is routed, leads along no edge without a label.
  if (failed && (to.status === "pending" || to.status === "skipped")) return "no";
  return to.status === "cancelled" && failed ? "no" : "yes";
}
