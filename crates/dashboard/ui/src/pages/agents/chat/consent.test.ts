// What is sent of a decision is what was decided, and nothing else.

import { expect, test } from "vitest";
import { decisionOf } from "./consent";

test("arguments are sent where they were changed", () => {
  expect(decisionOf("approved", "", undefined)).toEqual({ answer: "approved" });
  expect(decisionOf("approved_for_run", " fine ", { n: 1 })).toEqual({
    answer: "approved_for_run",
    note: "fine",
    data: { arguments: { n: 1 } },
  });
});

test("whoever refuses sends no arguments", () => {
  expect(decisionOf("rejected", "Too dear.", { n: 1 })).toEqual({
    answer: "rejected",
    note: "Too dear.",
  });
});
