// Whoever goes up to read is left in peace, and taken along again at the end.

import { expect, test } from "vitest";
import { followsAfter } from "./following";

test("a small move up ends it, though the end is near", () => {
  expect(followsAfter(true, { from: 1000, to: 970, left: 30 })).toBe(false);
});

test("what grows below does not end it", () => {
  expect(followsAfter(true, { from: 1000, to: 1000, left: 400 })).toBe(true);
  expect(followsAfter(true, { from: 1000, to: 1200, left: 200 })).toBe(true);
});

test("what shrinks moves up and stays at the end", () => {
  expect(followsAfter(true, { from: 1000, to: 900, left: 0 })).toBe(true);
});

test("going down to the end begins it again, going down a little does not", () => {
  expect(followsAfter(false, { from: 500, to: 980, left: 20 })).toBe(true);
  expect(followsAfter(false, { from: 500, to: 600, left: 400 })).toBe(false);
});
