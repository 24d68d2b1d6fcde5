// Values of templates as people write them: YAML, in which `{{ }}` must stand in a text.

import { isCollection, isMap, parseDocument, stringify, visit } from "yaml";

/** A value that was read, or why it could not be. */
export type Reading = { value: unknown } | { fault: "syntax" | "quote"; message?: string };

/** The text of a value. */
export function valueText(value: unknown): string {
  return value === undefined
    ? ""
    : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
}

/** Reads a text. An empty one is no value. */
export function readValue(text: string): Reading {
  const trimmed = text.trim();
  if (trimmed === "") return { value: undefined };
  // A template alone needs no quotes: nothing else can be meant.
  if (/^\{[{%]/.test(trimmed)) return { value: trimmed };
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) return { fault: "syntax", message: error.message.split("\n")[0] ?? "" };
  let quote = false;
  visit(document, {
    Map(_, map) {
      if (isMap(map) && map.items.some(({ key }) => isCollection(key))) quote = true;
    },
  });
  return quote ? { fault: "quote" } : { value: document.toJS() };
}
