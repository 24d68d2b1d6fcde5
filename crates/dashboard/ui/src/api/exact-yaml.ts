// YAML with all digits, as `exact.ts` has them, and without values that contain themselves.

import {
  type Document,
  type DocumentOptions,
  type ParseOptions,
  parseDocument,
  type SchemaOptions,
} from "yaml";

/** A value that contains itself, by an alias within what it names: nothing can say it in JSON. */
export class Cyclic extends Error {
  constructor() {
    super("an alias stands within what it names");
    this.name = "Cyclic";
  }
}

/** The document of a text, with its faults. */
export function yamlDocument(
  text: string,
  options?: ParseOptions & DocumentOptions & SchemaOptions,
): Document.Parsed {
  return parseDocument(text, { ...options, intAsBigInt: true });
}

/** What a document without faults says. Throws `Cyclic`. */
export function saidBy(document: Document.Parsed): unknown {
  return settled(document.toJS(), new Set(), new Set());
}

/** What a text says. Throws a `YAMLParseError` or `Cyclic`. */
export function parseYaml(text: string): unknown {
  const document = yamlDocument(text);
  const [error] = document.errors;
  if (error) throw error;
  return saidBy(document);
}

/** The value, in which integers that are safe as numbers are numbers. */
function settled(value: unknown, within: Set<object>, done: Set<object>): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  if (typeof value !== "object" || value === null || done.has(value)) return value;
  if (within.has(value)) throw new Cyclic();
  within.add(value);
  for (const [key, one] of Object.entries(value)) {
    const next = settled(one, within, done);
    if (next !== one) Object.defineProperty(value, key, { value: next });
  }
  within.delete(value);
  done.add(value);
  return value;
}
