// Values of templates as people write them: YAML, in which `{{ }}` must stand in a text.

import { isCollection, isMap, stringify, visit } from "yaml";
import { Cyclic, saidBy, yamlDocument } from "@/api/exact-yaml";

/** A value that was read, or why it could not be. */
export type Reading =
  | { value: unknown }
  | { fault: "syntax" | "quote" | "cyclic"; message?: string };

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
  const document = yamlDocument(text);
  const [error] = document.errors;
  if (error) return { fault: "syntax", message: error.message.split("\n")[0] ?? "" };
  let quote = false;
  visit(document, {
    Map(_, map) {
      if (isMap(map) && map.items.some(({ key }) => isCollection(key))) quote = true;
    },
  });
  if (quote) return { fault: "quote" };
  try {
    return { value: saidBy(document) };
  } catch (failure) {
    if (failure instanceof Cyclic) return { fault: "cyclic" };
    return { fault: "syntax", message: failure instanceof Error ? failure.message : "" };
  }
}
