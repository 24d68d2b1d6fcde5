// Values from files: JSON, or the rows of a CSV as objects of texts under the names in its first row.

import { parseJson } from "@/api/exact";

/** The value in a file; throws if it is none. */
export function valueOfFile(name: string, text: string): unknown {
  return name.toLowerCase().endsWith(".csv") ? rowsOf(text) : parseJson(text);
}

function rowsOf(text: string): Record<string, string>[] {
  const [names, ...rows] = cellsOf(text.replace(/^\uFEFF/, ""));
  if (names === undefined) return [];
  return rows.map((row) => {
    if (row.length !== names.length) throw new Error("the rows are not of the same length");
    return Object.fromEntries(names.map((name, at) => [name, row[at] ?? ""]));
  });
}

function cellsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  // A cell, quoted or plain, and what ends it.
  for (const [, quoted, plain, end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\r|\n|$)/g,
  )) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end === ",") continue;
    if (row.length > 1 || row[0] !== "" || quoted !== undefined) rows.push(row);
    row = [];
  }
  return rows;
}
