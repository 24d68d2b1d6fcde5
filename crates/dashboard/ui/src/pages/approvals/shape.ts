// How a value that people decide about reads best: as words, pairs, a list, a table; as JSON where it goes deeper.

import { writeJson } from "@/api/exact";

/** What is said in one word or line. */
export type Plain = string | number | bigint | boolean | null;
type Pair = [name: string, value: Plain];

export type Shape =
  | { as: "text"; text: string }
  | { as: "pairs"; pairs: Pair[] }
  | { as: "list"; items: Plain[] }
  | { as: "table"; columns: string[]; rows: Plain[][] }
  | { as: "parts"; pairs: Pair[]; parts: { name: string; shape: Shape }[] }
  | { as: "json"; value: unknown };

/** More than so many columns or pairs are no help to a reader. */
const MOST_COLUMNS = 8;
const MOST_PAIRS = 20;
/** Of what is as long as this, nothing need be hidden. */
const SHORT_LINES = 10;
const LINE_LETTERS = 90;

function isPlain(value: unknown): value is Plain {
  return value === null || ["string", "number", "bigint", "boolean"].includes(typeof value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFlat(value: unknown): value is Record<string, Plain> {
  return isObject(value) && Object.values(value).every(isPlain);
}

/** The shape of a value; of an object that is not flat, each part has a shape of its own. */
export function shapeOf(value: unknown): Shape {
  if (!isObject(value) || isFlat(value)) return simpleShapeOf(value);
  const entries = Object.entries(value);
  if (entries.length > MOST_PAIRS) return { as: "json", value };
  return {
    as: "parts",
    pairs: entries.filter((entry): entry is Pair => isPlain(entry[1])),
    parts: entries
      .filter(([, part]) => !isPlain(part))
      .map(([name, part]) => ({ name, shape: simpleShapeOf(part) })),
  };
}

function simpleShapeOf(value: unknown): Shape {
  if (isPlain(value)) return { as: "text", text: String(value) };
  if (isFlat(value)) {
    const pairs = Object.entries(value);
    if (pairs.length > 0 && pairs.length <= MOST_PAIRS) return { as: "pairs", pairs };
  }
  if (Array.isArray(value) && value.length > 0) {
    if (value.every(isPlain)) return { as: "list", items: value };
    if (value.every(isFlat)) {
      const columns = [...new Set(value.flatMap((row) => Object.keys(row)))];
      if (columns.length > 0 && columns.length <= MOST_COLUMNS) {
        const rows = value.map((row) => columns.map((column) => row[column] ?? null));
        return { as: "table", columns, rows };
      }
    }
  }
  return { as: "json", value };
}

/** Whether it takes little room. */
export function isShort(shape: Shape): boolean {
  return linesOf(shape) <= SHORT_LINES;
}

function linesOf(shape: Shape): number {
  switch (shape.as) {
    case "text":
      return linesOfText(shape.text);
    case "pairs":
      return sum(shape.pairs.map(([, value]) => linesOfText(String(value))));
    case "list":
      return sum(shape.items.map((item) => linesOfText(String(item))));
    case "table":
      return sum(shape.rows.map((row) => Math.max(...row.map((one) => linesOfText(String(one))))));
    case "parts":
      return (
        linesOf({ as: "pairs", pairs: shape.pairs }) +
        sum(shape.parts.map((part) => linesOf(part.shape)))
      );
    case "json":
      return linesOfText(writeJson(shape.value, 2));
  }
}

function linesOfText(text: string): number {
  return sum(text.split("\n").map((line) => Math.max(1, Math.ceil(line.length / LINE_LETTERS))));
}

function sum(numbers: number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
