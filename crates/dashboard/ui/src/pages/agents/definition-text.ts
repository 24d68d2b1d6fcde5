// Definitions as text: YAML, of which JSON is a part, and where in it a JSON pointer leads.

import { LineCounter, parseDocument, stringify } from "yaml";
import { saidBy, yamlDocument } from "@/api/exact-yaml";
import type { Definition } from "./queries";

/** A definition as YAML. */
export function toText(definition: Definition): string {
  return stringify(definition, { lineWidth: 0 });
}

/** What a text says; or why it says nothing. */
export function fromText(text: string): { definition: Definition } | { fault: string | null } {
  const document = yamlDocument(text);
  const [fault] = document.errors;
  if (fault) return { fault: fault.message };
  let value: unknown;
  try {
    value = saidBy(document);
  } catch (failure) {
    return { fault: failure instanceof Error ? failure.message : null };
  }
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? { definition: value as Definition }
    : { fault: null };
}

/** The line of what a pointer names, or of the nearest that is there. */
export function lineOf(text: string, pointer: string): number | null {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const path = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  for (; path.length > 0; path.pop()) {
    const node = document.getIn(path, true);
    const range = (node as { range?: [number, number, number] } | undefined)?.range;
    if (range) return lineCounter.linePos(range[0]).line;
  }
  return null;
}
