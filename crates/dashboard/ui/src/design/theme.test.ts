// What is written and drawn in the colours of the themes can be read: contrast as WCAG 2.2 AA wants it.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync("src/design/theme.css", "utf8");

/** The colours of the block that a selector begins. */
function colours(selector: string): Map<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split("}")[0] ?? "";
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = "", value = ""]) => [
      name,
      value,
    ]),
  );
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const GROUNDS = ["paper", "card", "sunken", "hover"];
const TONES = ["good", "busy", "wait", "bad", "accent"];
const WASHES = TONES.map((tone) => `${tone}-wash`);

/** What is written on what. */
const TEXTS: [string, string[]][] = [
  ["ink", [...GROUNDS, ...WASHES]],
  ["soft", [...GROUNDS, ...WASHES]],
  ["faint", ["paper", "card", "sunken"]],
  ...TONES.map((tone): [string, string[]] => [tone, [...GROUNDS, `${tone}-wash`]]),
  ["on-accent", ["accent", "accent-hover"]],
  ["paper", ["ink"]],
];

/** Edges of controls and rings of focus, and what they stand on. */
const EDGES: [string, string[]][] = [
  ["line-strong", ["paper", "card", "sunken"]],
  ["accent", [...GROUNDS, ...WASHES]],
];

test.each([":root", '[data-theme="dark"]'])("%s has enough contrast", (selector) => {
  const of = colours(selector);
  expect(of.size).toBeGreaterThan(20);
  const short = (pairs: [string, string[]][], least: number) =>
    pairs.flatMap(([over, grounds]) =>
      grounds.flatMap((ground) => {
        const is = contrast(of.get(over) ?? "#000000", of.get(ground) ?? "#000000");
        return is < least ? [`${over} on ${ground}: ${is.toFixed(2)} of ${least}`] : [];
      }),
    );
  expect([...short(TEXTS, 4.5), ...short(EDGES, 3)]).toEqual([]);
});

test("black on white is the most there is", () => {
  expect(contrast("#000000", "#ffffff")).toBe(21);
  expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
});
