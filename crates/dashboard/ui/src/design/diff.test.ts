// A diff leads from one text to the other, and keeps what both have.

import { expect, test } from "vitest";
import { compareLines, type DiffLine, diffLines, MOST_STEPS } from "./diff";

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

const textOf = (lines: DiffLine[], without: DiffLine["kind"]) =>
  lines.flatMap(({ kind, text }) => (kind === without ? [] : [text])).join("\n");
const numbered = (count: number, name: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => name(at)).join("\n");

test("any two texts are on the way that is told, and no longer one is taken", () => {
  const digits = (seed: number) => [...String(seed * 7919)].map((one) => Number(one) % 3);
  for (let seed = 1; seed < 200; seed++) {
    const [from, to] = [digits(seed), digits(seed * seed)];
    const { lines, coarse } = compareLines(from.join("\n"), to.join("\n"));
    expect(coarse).toBe(false);
    expect(textOf(lines, "added")).toBe(from.join("\n"));
    expect(textOf(lines, "removed")).toBe(to.join("\n"));
    expect(lines.filter(({ kind }) => kind === "same").length).toBe(longest(from, to));
  }
});

/** The length of the longest sequence in common, by trying all. */
function longest([a, ...as]: number[], [b, ...bs]: number[]): number {
  if (a === undefined || b === undefined) return 0;
  if (a === b) return 1 + longest(as, bs);
  return Math.max(longest(as, [b, ...bs]), longest([a, ...as], bs));
}

test("lines that only one text has are no work, however many they are", () => {
  const other = numbered(40_000, (at) => (at % 100 === 0 ? `kept ${at}` : `new ${at}`));
  const { lines, steps, coarse } = compareLines(
    numbered(40_000, (at) => (at % 100 === 0 ? `kept ${at}` : `old ${at}`)),
    other,
  );
  expect(coarse).toBe(false);
  expect(lines.filter(({ kind }) => kind === "same").length).toBe(400);
  expect(steps).toBeLessThan(1_000);
});

test("texts that are too different are replaced as a whole between what they begin and end with", () => {
  const [from, to] = [numbered(12_000, String), numbered(12_000, (at) => String(11_999 - at))];
  const { lines, steps, coarse } = compareLines(`head\n${from}\ntail`, `head\n${to}\ntail`);
  expect(coarse).toBe(true);
  expect(steps).toBeLessThanOrEqual(MOST_STEPS + 1);
  expect(lines.filter(({ kind }) => kind === "same").map(({ text }) => text)).toEqual([
    "head",
    "tail",
  ]);
  expect(textOf(lines, "removed")).toBe(`head\n${to}\ntail`);
});
