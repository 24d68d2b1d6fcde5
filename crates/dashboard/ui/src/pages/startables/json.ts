// JSON as people write it into a field.

import { writeJson as exactly, parseJson } from "@/api/exact";

/** What a text says as JSON: nothing if it is empty, `null` if it is no JSON. */
export function readJson(text: string): { value: unknown } | null {
  if (text.trim() === "") return { value: undefined };
  try {
    return { value: parseJson(text) as unknown };
  } catch {
    return null;
  }
}

/** A value as a text to change. */
export function writeJson(value: unknown): string {
  return value === undefined || value === null ? "" : exactly(value, 2);
}
