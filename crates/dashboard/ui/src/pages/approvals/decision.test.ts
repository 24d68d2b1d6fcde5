// Whether a decision asks for what it needs, and no more.

import { describe, expect, it } from "vitest";
import { firstData, missing, nodeDetailOf, toolCallOf } from "./decision";

const FORM = {
  type: "object",
  required: ["channel", "loud"],
  properties: {
    channel: { type: "string" },
    loud: { type: "boolean" },
    quiet: { type: "boolean" },
    count: { type: "integer", default: 3 },
  },
};

describe("firstData", () => {
  it("holds defaults, and a no where yes or no must be said", () => {
    expect(firstData(FORM)).toEqual({ count: 3, loud: false });
    expect(firstData({})).toEqual({});
  });
});

describe("missing", () => {
  it("names what must be filled in", () => {
    expect(missing(FORM, firstData(FORM))).toEqual(["channel"]);
    expect(missing(FORM, { channel: "", loud: true })).toEqual([]);
  });
});

describe("toolCallOf", () => {
  it("knows the call of a tool from any other detail", () => {
    const detail = { type: "tool_call", agent: "a", tool: "t", arguments: { x: 1 }, reason: "" };
    expect(toolCallOf({ detail })).toEqual({
      agent: "a",
      tool: "t",
      arguments: { x: 1 },
      reason: "",
    });
    for (const other of [null, "text", 3, ["tool_call"], { type: "other" }]) {
      expect(toolCallOf({ detail: other })).toBeNull();
    }
  });
});

describe("nodeDetailOf", () => {
  it("takes what a node asks about out of what is beside it", () => {
    const about = { pipeline: "release", node: "ask", detail: { version: "1" } };
    expect(nodeDetailOf(about)).toEqual(about);
    expect(nodeDetailOf({ pipeline: "release", node: "ask" })?.detail).toBeNull();
    for (const other of [null, "text", { pipeline: 1, node: "x" }, { version: "1" }]) {
      expect(nodeDetailOf(other)).toBeNull();
    }
  });
});
