// What is pasted is something to work with, or nothing.

import { expect, it } from "vitest";
import { clipFrom } from "./clipboard";

it("takes nodes with the digits of their numbers", () => {
  const clip = clipFrom(
    "nodes:\n  - { id: a, type: delay, config: { id: 1234567890123456789 } }\n",
  );
  expect(clip?.nodes[0]?.config).toEqual({ id: 1234567890123456789n });
});

it("takes nothing that contains itself", () => {
  expect(clipFrom("nodes:\n  - &a { id: a, type: delay, config: *a }\n")).toBeNull();
});
