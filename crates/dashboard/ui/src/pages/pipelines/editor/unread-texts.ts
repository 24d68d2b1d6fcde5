// The texts of fields that cannot be read, and for how long they are about something.

import { writeJson } from "@/api/exact";
import type { Definition } from "../definition";
import { renameInValue } from "./references";

/** The text of a field that cannot be read: the definition has what it said before. */
export interface Unread {
  /** The node of which it is a field; null for one of the pipeline. */
  node: string | null;
  /** Its name; that of a setting begins with `config/`. */
  field: string;
  text: string;
  /** What the definition has in its place. */
  over: unknown;
}

/** What a definition has in the place of a field. */
export function valueAt(definition: Definition, node: string | null, field: string): unknown {
  const whole = node === null ? definition : definition.nodes.find(({ id }) => id === node);
  return field
    .split("/")
    .reduce<unknown>(
      (value, name) => (value as Record<string, unknown> | undefined)?.[name],
      whole,
    );
}

/** The texts that are still about something: their node is there, and nothing else has been put in their place. */
export function stillUnread(texts: readonly Unread[], before: Definition, after: Definition) {
  const typeIn = ({ nodes }: Definition, id: string) => nodes.find((node) => node.id === id)?.type;
  return texts.filter(({ node, field, over }) => {
    if (node !== null) {
      const type = typeIn(after, node);
      if (type === undefined || type !== (typeIn(before, node) ?? type)) return false;
    }
    return writeJson(valueAt(after, node, field)) === writeJson(over);
  });
}

/** The texts with another name for a node. */
export function renamedTexts(texts: readonly Unread[], id: string, to: string): Unread[] {
  return texts.map((one) => ({
    ...one,
    node: one.node === id ? to : one.node,
    text: renameInValue(one.text, id, to) as string,
    over: renameInValue(one.over, id, to),
  }));
}
