// Which lines of a comparison are shown.

import { expect, it } from "vitest";
import { diffLines } from "./diff";
import { firstLines, partsOf } from "./diff-text";

const text = (changes: Record<number, string>) =>
  Array.from({ length: 30 }, (_, at) => changes[at] ?? `line ${at}`).join("\n");

it("shows what changed with three lines around it, each once", () => {
  const parts = partsOf(diffLines(text({}), text({ 5: "a", 7: "b", 20: "c" })));
  expect(parts.map(({ skipped, lines }) => [skipped, lines.length])).toEqual([
    [2, 11],
    [6, 8],
  ]);
});

it("shows nothing of texts that are alike", () => {
  expect(partsOf(diffLines(text({}), text({})))).toEqual([]);
});

it("shows only so many lines at first", () => {
  const parts = partsOf(diffLines(text({}), text({ 5: "a", 7: "b", 20: "c" })));
  expect(firstLines(parts, 13).map(({ lines }) => lines.length)).toEqual([11, 2]);
  expect(firstLines(parts, 11).map(({ lines }) => lines.length)).toEqual([11]);
});
