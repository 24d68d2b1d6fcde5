// Whether the attempts of a node are read from a journal as they were made.

import { describe, expect, it } from "vitest";
import { attemptsOf, awaitedSignals, readKey } from "./attempts";
import type { Entry } from "./journal-query";

/** A journal of these bodies, one a second. */
function journal(...bodies: Record<string, unknown>[]): Entry[] {
  return bodies.map((body, seq) => ({
    seq,
    at: `2026-01-01T00:00:0${seq}.000Z`,
    kind: Object.keys(body)[0] ?? "",
    body: body as never,
  }));
}

const BUSY = { code: "rate_limited", message: "later", advice: { do: "retry", after: "3s" } };

describe("readKey", () => {
  it("tells node, item and part", () => {
    expect(readKey("node:sort")).toEqual({ node: "sort", item: null, part: "" });
    expect(readKey("node:sort[12]/try:2")).toEqual({ node: "sort", item: 12, part: "try:2" });
    expect(readKey("turn:1/model")).toBeNull();
  });
});

describe("attemptsOf", () => {
  it("follows an effect through its attempts", () => {
    const entries = journal(
      { effect_attempted: { key: "node:page", attempt: 1, kind: "unsafe" } },
      {
        attempt_failed: {
          key: "node:page",
          attempt: 1,
          error: BUSY,
          next: { retry: { at: 1_767_225_605_000_000 } },
        },
      },
      { effect_attempted: { key: "node:page", attempt: 2, kind: "unsafe" } },
      { effect_settled: { key: "node:page", attempt: 2, result: { output: 1 } } },
      { effect_attempted: { key: "node:pages", attempt: 1, kind: "pure" } },
    );
    const [first, second, ...others] = attemptsOf(entries, "page");
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      number: 1,
      status: "failed",
      startedAt: "2026-01-01T00:00:00.000Z",
      endedAt: "2026-01-01T00:00:01.000Z",
      retryAt: "2026-01-01T00:00:05.000Z",
      error: { code: "rate_limited", message: "later", advice: "retry" },
    });
    expect(second).toMatchObject({ number: 2, status: "succeeded", error: null, retryAt: null });
  });

  it("tells that an outcome is unknown until a person has settled it", () => {
    const asked = [
      { effect_attempted: { key: "node:page", attempt: 1, kind: "unsafe" } },
      { attempt_failed: { key: "node:page", attempt: 1, error: BUSY, next: "ask" } },
    ];
    expect(attemptsOf(journal(...asked), "page")[0]?.status).toBe("unknown");
    const settled = {
      effect_settled: {
        key: "node:page",
        attempt: 1,
        result: { output: null },
        settled_by: { type: "local_owner" },
      },
    };
    expect(attemptsOf(journal(...asked, settled), "page")[0]).toMatchObject({
      status: "succeeded",
      settledByPerson: true,
      error: null,
    });
  });

  it("counts the tries of runs that do the work, item by item", () => {
    const entries = journal(
      { child_started: { key: "node:each[0]", run_id: "run_a" } },
      { child_started: { key: "node:each[1]", run_id: "run_b" } },
      {
        child_settled: {
          key: "node:each[0]",
          run_id: "run_a",
          outcome: { status: "failed", error: BUSY },
        },
      },
      { timer_set: { key: "node:each[0]/wait:1", due: 1 } },
      { child_started: { key: "node:each[0]/try:2", run_id: "run_c" } },
      { child_settled: { key: "node:each[1]", run_id: "run_b", outcome: { status: "succeeded" } } },
    );
    const seen = attemptsOf(entries, "each").map(({ item, number, status, runId }) => [
      item,
      number,
      status,
      runId,
    ]);
    expect(seen).toEqual([
      [0, 1, "failed", "run_a"],
      [1, 1, "succeeded", "run_b"],
      [0, 2, "running", "run_c"],
    ]);
  });
});

describe("awaitedSignals", () => {
  it("names signals that nobody has sent, and no approvals", () => {
    const entries = journal(
      { signal_awaited: { key: "a", request: { type: "signal", name: "go" } } },
      { signal_awaited: { key: "b", request: { type: "signal", name: "stop" } } },
      { signal_awaited: { key: "c", request: { type: "approval", title: "Page?" } } },
      { signal_received: { key: "a", payload: 1 } },
    );
    expect(awaitedSignals(entries)).toEqual(["stop"]);
  });
});
