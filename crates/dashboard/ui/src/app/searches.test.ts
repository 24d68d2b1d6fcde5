// Whether addresses are read as they are meant, and nonsense in them is left out.

import { describe, expect, it } from "vitest";
import { auditSearch, openSearch, runSearch, runsSearch } from "./searches";

describe("runsSearch", () => {
  it("keeps what makes sense", () => {
    const search = {
      status: "failed",
      pipeline: "pip_1",
      agent: "agt_1",
      children: true,
      deliveries: true,
    };
    expect(runsSearch(search)).toEqual(search);
    expect(runsSearch({ status: "gone", pipeline: 3, children: "yes" })).toEqual({});
  });
});

describe("openSearch", () => {
  it("keeps a window that there is", () => {
    expect(openSearch({ open: "hook", other: 1 })).toEqual({ open: "hook" });
    expect(openSearch({ open: "door" })).toEqual({});
  });
});

describe("runSearch", () => {
  it("keeps a view that there is, and the node", () => {
    expect(runSearch({ view: "timeline", node: "sort" })).toEqual({
      view: "timeline",
      node: "sort",
    });
    expect(runSearch({ view: "other", node: 1 })).toEqual({});
  });
});

describe("auditSearch", () => {
  it("keeps filters, and times that are times", () => {
    const search = {
      action: "run.start",
      outcome: "failed",
      from: "2026-01-01T00:00:00.000Z",
    };
    expect(auditSearch({ ...search, to: "tomorrow", actor: "", project: 1 })).toEqual(search);
    expect(auditSearch({ outcome: "perhaps" })).toEqual({});
  });
});
