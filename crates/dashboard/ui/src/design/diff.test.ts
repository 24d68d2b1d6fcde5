// A diff leads from one text to the other, and keeps what both have.

import { expect, test } from "vitest";
import { diffLines } from "./diff";

const marks = { same: " ", removed: "-", added: "+" };
const shown = (from: string, to: string) =>
  diffLines(from, to).map(({ kind, text }) => `${marks[kind]}${text}`);

test("lines that both have stay, the others go and come", () => {
  expect(shown("a\nb\nc\nd", "a\nx\nc\nd")).toEqual([" a", "-b", "+x", " c", " d"]);
});

test("what is added or removed alone is told alone", () => {
  expect(shown("a\nb", "a\nb\nc")).toEqual([" a", " b", "+c"]);
  expect(shown("a\na\na", "a\na")).toEqual([" a", " a", "-a"]);
});

test("the most lines in common are kept", () => {
  expect(shown("a\nb\nc\nd\ne", "x\nb\nd\ny")).toEqual(["-a", "+x", " b", "-c", " d", "-e", "+y"]);
});

test("equal texts have no changes", () => {
  expect(diffLines("a\nb", "a\nb").every(({ kind }) => kind === "same")).toBe(true);
});
