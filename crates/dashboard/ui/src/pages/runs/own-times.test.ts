// Whether a retried run shows its own times alone, and nodes stand as in the graph.

import { describe, expect, it } from "vitest";
import type { Schemas } from "@/api/client";
import { inGraphOrder, ownNodes, wantsLook } from "./own-times";

const at = (seconds: number) => new Date(seconds * 1000).toISOString();

function node(id: string, started?: number, ended?: number): Schemas["Node"] {
  return {
    id,
    ...(started !== undefined && { started_at: at(started) }),
    ...(ended !== undefined && { ended_at: at(ended) }),
  } as Schemas["Node"];
}

describe("ownNodes", () => {
  const retry = { retry_of: "run_1", created_at: at(100), started_at: at(101) };

  it("has no times for what the run before it did", () => {
    const [first, second] = ownNodes(retry, [node("a", 10, 40), node("b", 100, 40)]);
    expect(first).toEqual({ id: "a", takenFrom: "run_1" });
    expect(second).toEqual({ id: "b", takenFrom: "run_1" });
  });

  it("begins what is tried again in this run", () => {
    const [running, done] = ownNodes(retry, [node("a", 40), node("b", 40, 130)]);
    expect(running).toEqual(node("a", 101));
    expect(done).toEqual(node("b", 101, 130));
  });

  it("leaves the rest, and other runs, as they are", () => {
    const nodes = [node("a", 110, 120), node("b")];
    expect(ownNodes(retry, nodes)).toEqual(nodes);
    const early = [node("c", 10, 40)];
    expect(ownNodes({ ...retry, retry_of: null }, early)).toBe(early);
  });
});

describe("wantsLook", () => {
  it("leads to what failed, else to what waits or runs", () => {
    const done = { id: "d", status: "succeeded" } as const;
    const runs = { id: "r", status: "running" } as const;
    const waits = { id: "w", status: "waiting" } as const;
    const late = { id: "t", status: "timed_out" } as const;
    expect(wantsLook([done, runs, waits, late])).toBe("t");
    expect(wantsLook([done, runs, waits])).toBe("w");
    expect(wantsLook([done, runs])).toBe("r");
    expect(wantsLook([done])).toBeUndefined();
  });
});

describe("inGraphOrder", () => {
  const named = (ids: string) => [...ids].map((id) => ({ id }));
  const read = (nodes: { id: string }[]) => nodes.map(({ id }) => id).join("");

  it("puts each node after all that lead to it", () => {
    const edges = ["sa", "sb", "ac", "bd", "cd"].map(([from = "", to = ""]) => ({ from, to }));
    expect(read(inGraphOrder(named("dcbas"), edges))).toBe("sabcd");
  });

  it("keeps the order in which they came where the graph says nothing", () => {
    expect(read(inGraphOrder(named("cab"), []))).toBe("cab");
    expect(read(inGraphOrder(named("ba"), [{ from: "gone", to: "b" }]))).toBe("ba");
  });
});
