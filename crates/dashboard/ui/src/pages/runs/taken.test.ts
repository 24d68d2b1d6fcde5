// Whether the graph of a run shows the ways that it went.

import { describe, expect, it } from "vitest";
import type { Schemas } from "@/api/client";
import { takenOf } from "./taken";

type Status = Schemas["NodeStatus"];

function taken(from: Status, to: Status, when?: string, label?: string) {
  const nodes = new Map([
    ["a", { status: from, label: label ?? null }],
    ["b", { status: to, label: null }],
  ]);
  return takenOf({ from: "a", to: "b", ...(when !== undefined && { when }) }, nodes);
}

describe("takenOf", () => {
  it("is open until the node before has ended", () => {
    for (const status of ["pending", "running", "waiting"] as const) {
      expect(taken(status, "pending")).toBe("open");
    }
  });

  it("follows the outcome of a node", () => {
    expect(taken("succeeded", "running", "true", "true")).toBe("yes");
    expect(taken("succeeded", "skipped", "false", "true")).toBe("no");
    expect(taken("succeeded", "succeeded")).toBe("yes");
  });

  it("follows failures only where they are routed or ignored", () => {
    expect(taken("failed", "running", "error")).toBe("yes");
    expect(taken("succeeded", "skipped", "error")).toBe("no");
    expect(taken("failed", "succeeded")).toBe("yes");
    expect(taken("failed", "skipped")).toBe("no");
    expect(taken("timed_out", "pending")).toBe("no");
  });

  it("leads nowhere from a node that was skipped or given up", () => {
    expect(taken("skipped", "succeeded")).toBe("no");
    expect(taken("cancelled", "cancelled")).toBe("no");
  });

  it("is open where nothing is known", () => {
    expect(takenOf({ from: "x", to: "y" }, new Map())).toBe("open");
  });
});
