// What a patch says of what was taken away, and of what stayed.

import { expect, test } from "vitest";
import { patchOf } from "./patch";

test("what is gone is null, at every depth", () => {
  expect(patchOf({ a: 1, b: { c: 1, d: 2 } }, { b: { d: 3 } })).toEqual({
    a: null,
    b: { c: null, d: 3 },
  });
});

test("lists are replaced as a whole", () => {
  expect(patchOf({ a: [1, 2] }, { a: [2] })).toEqual({ a: [2] });
});
