// The schemas of node types in the shape of which forms are made.

import type { Schema } from "@/design/schema-form";

/** JSON Schema as the node types use it. */
export interface RichSchema extends Schema {
  const?: unknown;
  maxLength?: number;
  pattern?: string;
  oneOf?: RichSchema[];
  properties?: Record<string, RichSchema>;
  items?: RichSchema;
}

/** The variants of a schema that are told apart by a constant, and the property that tells. */
export interface Variants {
  by: string;
  names: string[];
  of: (name: unknown) => RichSchema | undefined;
}

/** The variants, if the schema has some. */
export function variantsOf(schema: RichSchema): Variants | null {
  const variants = schema.oneOf;
  if (!variants || variants.length === 0) return null;
  const by = Object.entries(variants[0]?.properties ?? {}).find(
    ([, property]) => typeof property.const === "string",
  )?.[0];
  if (by === undefined) return null;
  const named = new Map(variants.map((one) => [one.properties?.[by]?.const, one]));
  return { by, names: [...named.keys()].map(String), of: (name) => named.get(name) };
}

/** A property with its constants as a list of choices. */
export function choices(schema: RichSchema): RichSchema {
  const { oneOf, ...rest } = schema;
  if (!oneOf?.every((one) => one.const !== undefined)) return schema;
  return { ...rest, type: "string", enum: oneOf.map((one) => one.const) };
}

/** Whether a property is a text of any length: a template or an expression. */
export function isLongText(schema: RichSchema): boolean {
  const types = [schema.type ?? []].flat().filter((type) => type !== "null");
  return (
    types.length === 1 &&
    types[0] === "string" &&
    schema.maxLength === undefined &&
    schema.pattern === undefined &&
    schema.enum === undefined
  );
}

/** Whether the text of a property is an expression; all other texts are templates. */
export function isExpression(property: string): boolean {
  return ["when", "over", "happened"].includes(property);
}

/** Whether a property has a field of its own kind: a choice, a number, yes or no, a short text. */
export function isSimple(schema: RichSchema): boolean {
  const types = [schema.type ?? []].flat().filter((type) => type !== "null");
  return types.length === 1 && ["string", "number", "integer", "boolean"].includes(types[0] ?? "");
}

/** The shape of the items of a list that are objects of texts; null of everything else. */
export function rowsOf(schema: RichSchema): RichSchema | null {
  const shape = schema.type === "array" ? schema.items : undefined;
  const properties = Object.values(shape?.properties ?? {});
  return shape && properties.length > 0 && properties.every(({ type }) => type === "string")
    ? shape
    : null;
}

// The server has them in the order of the alphabet.
const FIRST = ["method", "url", "over", "agent", "tool", "pipeline", "channel", "task", "title"];

/** The properties: what is needed first, then what the others are about. */
export function inOrder(schema: RichSchema | undefined): [string, RichSchema][] {
  const rank = (name: string) => {
    const first = FIRST.indexOf(name);
    const needed = schema?.required?.includes(name) ? 0 : 100;
    return needed + (first < 0 ? FIRST.length : first);
  };
  return Object.entries(schema?.properties ?? {}).sort(([one], [other]) => rank(one) - rank(other));
}
