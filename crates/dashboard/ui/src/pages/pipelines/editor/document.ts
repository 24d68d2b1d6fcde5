// The pipeline that is being edited: one state with its history, and the text that always says the same.

import { YAMLParseError } from "yaml";
import { writeJson } from "@/api/exact";
import { Cyclic, parseYaml } from "@/api/exact-yaml";
import { own } from "@/api/own";
import {
  type Definition,
  type NodeDefinition,
  readDefinition,
  type Undrawable,
} from "../definition";
import { edgeOf, mayConnect } from "./connections";
import { type Clip, pasted } from "./copies";
import { freePlace, type Place, type Places } from "./layout";
import { freshId, idFault } from "./node-ids";
import { renameNode } from "./references";
import { renamedTexts, stillUnread, type Unread, valueAt } from "./unread-texts";
import { editText, freshText } from "./yaml-edit";

/** Why the text is not what the canvas shows. */
export type TextFault =
  | { kind: "syntax"; message: string; line: number | null }
  | Undrawable
  | "cyclic";

/** A text that somebody has written, or that was opened, and what it says. */
interface Written {
  text: string;
  definition: Definition;
}

/** What is undone and redone. */
interface Snapshot {
  definition: Definition;
  /** From which the text of the definition is made. */
  written: Written;
  places: Places;
  unread: readonly Unread[];
  /** A text that is not understood; the definition is then the last that was, and waits for it. */
  draft: { text: string; fault: TextFault } | null;
}

/** Ids of nodes, and indices of edges. */
export interface Selection {
  nodes: readonly string[];
  edges: readonly number[];
}

export interface Document extends Snapshot {
  selection: Selection;
  /** Rises when something else than the canvas or a field has changed what is shown or selected. */
  stamp: number;
  past: readonly Snapshot[];
  future: readonly Snapshot[];
  /** Changes with the same key, one directly after another, are one step back. */
  key: string | null;
}

export type Action =
  | { do: "add"; type: string; place?: Place; after?: string; when?: string }
  | { do: "connect"; from: string; to: string; when: string }
  | { do: "label"; edge: number; when: string }
  /** With `fresh`, what is written in the field and cannot be read goes as well. */
  | { do: "change"; id: string; field: string; value: unknown; fresh?: boolean }
  | { do: "rename"; id: string; to: string }
  | { do: "set"; field: string; value: unknown }
  /** A field has a text that cannot be read; or, without one, none any more. */
  | { do: "unread"; node: string | null; field: string; text: string | null }
  | { do: "move"; places: Places }
  | { do: "remove"; selection?: Selection }
  | { do: "paste"; clip: Clip }
  | { do: "text"; text: string }
  /** Drops the text that is not understood. */
  | { do: "understood" }
  | { do: "select"; selection: Selection }
  | { do: "show"; selection: Selection }
  | { do: "undo" }
  | { do: "redo" };

/** The most steps back. */
const MOST_STEPS = 200;
const NONE: Selection = { nodes: [], edges: [] };
const NO_TEXTS: readonly Unread[] = [];

const texts = new WeakMap<Definition, { from: Written; text: string }>();

/** The text that says the same as the canvas; or the draft of one. Made when it is asked for. */
export function textOf({ draft, definition, written }: Document): string {
  if (draft) return draft.text;
  if (written.definition === definition) return written.text;
  const known = texts.get(definition);
  if (known?.from === written) return known.text;
  const text = editText(written.text, written.definition, definition);
  texts.set(definition, { from: written, text });
  return text;
}

/** A document with this definition and no history. */
export function open(definition: Definition, places: Places): Document {
  return {
    definition,
    written: { definition, text: freshText(definition) },
    places,
    unread: NO_TEXTS,
    draft: null,
    selection: NONE,
    stamp: 0,
    past: [],
    future: [],
    key: null,
  };
}

/** What does not change the definition, or changes it by its text. */
const BESIDE_TEXT: ReadonlySet<Action["do"]> = new Set<Action["do"]>([
  "move",
  "text",
  "understood",
  "select",
  "show",
  "undo",
  "redo",
]);

/** The document after something was done. One in which nothing changes is the same one. */
export function reduce(doc: Document, action: Action): Document {
  // Whoever is writing a text would lose it.
  if (doc.draft !== null && !BESIDE_TEXT.has(action.do)) return doc;
  switch (action.do) {
    case "add":
      return add(doc, action);
    case "connect": {
      const { from, to, when } = action;
      if (!mayConnect(doc.definition, from, to, when)) return doc;
      return define(doc, { edges: [...doc.definition.edges, edgeOf(from, to, when)] });
    }
    case "label":
      return define(doc, {
        edges: doc.definition.edges.map((edge, index) =>
          index === action.edge ? edgeOf(edge.from, edge.to, action.when, edge) : edge,
        ),
      });
    case "change": {
      const { id, field, value, fresh } = action;
      const isIn = (text: Unread) => text.node === id && text.field.startsWith(`${field}/`);
      const nodes = doc.definition.nodes.map((node) =>
        node.id === id ? (withField(node, field, value) as NodeDefinition) : node,
      );
      return step(
        doc,
        {
          definition: { ...doc.definition, nodes },
          ...(fresh && { unread: doc.unread.filter((text) => !isIn(text)) }),
        },
        fieldKey(id, field),
      );
    }
    case "set":
      return step(
        doc,
        { definition: withField(doc.definition, action.field, action.value) as Definition },
        fieldKey(null, action.field),
      );
    case "unread":
      return unread(doc, action);
    case "rename":
      return rename(doc, action.id, action.to);
    case "move":
      return Object.entries(action.places).every(
        ([id, { x, y }]) => own(doc.places, id)?.x === x && own(doc.places, id)?.y === y,
      )
        ? doc
        : step(doc, { places: { ...doc.places, ...action.places } });
    case "remove":
      return remove(doc, action.selection ?? doc.selection);
    case "paste":
      return paste(doc, action.clip);
    case "text":
      return write(doc, action.text);
    case "understood":
      return doc.draft === null ? doc : { ...step(doc, { draft: null }), stamp: doc.stamp + 1 };
    case "select":
      return sameSelection(doc.selection, action.selection)
        ? doc
        : { ...doc, selection: action.selection, key: null };
    case "show":
      return { ...doc, selection: action.selection, stamp: doc.stamp + 1, key: null };
    case "undo": {
      const before = doc.past.at(-1);
      return before ? back(doc, before, doc.past.slice(0, -1), [now(doc), ...doc.future]) : doc;
    }
    case "redo": {
      const [next, ...future] = doc.future;
      return next ? back(doc, next, [...doc.past, now(doc)], future) : doc;
    }
  }
}

function withField(of: Record<string, unknown>, field: string, value: unknown) {
  if (value !== undefined) return { ...of, [field]: value };
  const { [field]: _, ...rest } = of;
  return rest;
}

/** The key of what is done in a field, or in a part of it. */
function fieldKey(node: string | null, field: string): string {
  return `field ${node ?? ""} ${field.split("/")[0]}`;
}

function unread(doc: Document, { node, field, text }: Extract<Action, { do: "unread" }>): Document {
  const others = doc.unread.filter((one) => one.node !== node || one.field !== field);
  if (text === null && others.length === doc.unread.length) return doc;
  const over = valueAt(doc.definition, node, field);
  const next = text === null ? others : [...others, { node, field, text, over }];
  return step(doc, { unread: next }, fieldKey(node, field));
}

function now({ definition, written, places, unread, draft }: Document): Snapshot {
  return { definition, written, places, unread, draft };
}

/** Does a step that can be undone. */
function step(doc: Document, next: Partial<Snapshot>, key: string | null = null): Document {
  const again = key !== null && key === doc.key && doc.past.length > 0;
  const { definition = doc.definition, unread = doc.unread } = next;
  const changed = definition !== doc.definition;
  return {
    ...doc,
    ...next,
    ...(changed &&
      unread.length > 0 && { unread: stillUnread(unread, doc.definition, definition) }),
    past: again ? doc.past : [...doc.past, now(doc)].slice(-MOST_STEPS),
    future: [],
    key,
  };
}

function define(doc: Document, next: Partial<Definition>, key: string | null = null): Document {
  return step(doc, { definition: { ...doc.definition, ...next } }, key);
}

function back(
  doc: Document,
  to: Snapshot,
  past: readonly Snapshot[],
  future: readonly Snapshot[],
): Document {
  const ids = new Set(to.definition.nodes.map(({ id }) => id));
  const selection = { nodes: doc.selection.nodes.filter((id) => ids.has(id)), edges: [] };
  return {
    ...doc,
    ...to,
    selection,
    past,
    future,
    stamp: doc.stamp + 1,
    key: null,
  };
}

function add(doc: Document, action: Extract<Action, { do: "add" }>): Document {
  const { nodes, edges } = doc.definition;
  const id = freshId(new Set(nodes.map((node) => node.id)), action.type);
  const after = nodes.find((node) => node.id === action.after);
  const beside = after && own(doc.places, after.id);
  const place = freePlace(doc.places, action.place ?? beside, action.place === undefined);
  const node: NodeDefinition = { id, type: action.type };
  if (action.type !== "trigger") node.config = {};
  const next = step(doc, {
    definition: {
      ...doc.definition,
      nodes: [...nodes, node],
      edges:
        after && action.type !== "trigger"
          ? [...edges, edgeOf(after.id, id, action.when ?? "")]
          : edges,
    },
    places: { ...doc.places, [id]: place },
  });
  return { ...next, selection: { nodes: [id], edges: [] }, stamp: doc.stamp + 1 };
}

function rename(doc: Document, id: string, to: string): Document {
  if (id === to || idFault(doc.definition, id, to) !== null) return doc;
  const { [id]: _, ...places } = doc.places;
  const place = own(doc.places, id);
  const next = step(doc, {
    definition: renameNode(doc.definition, id, to),
    places: place ? { ...places, [to]: place } : places,
    unread: renamedTexts(doc.unread, id, to),
  });
  const nodes = doc.selection.nodes.map((one) => (one === id ? to : one));
  return { ...next, selection: { ...doc.selection, nodes }, stamp: doc.stamp + 1 };
}

function remove(doc: Document, selection: Selection): Document {
  if (selection.nodes.length + selection.edges.length === 0) return doc;
  const ids = new Set(selection.nodes);
  const indices = new Set(selection.edges);
  const { nodes, edges } = doc.definition;
  const next = define(doc, {
    nodes: nodes.filter(({ id }) => !ids.has(id)),
    edges: edges.filter(
      ({ from, to }, index) => !indices.has(index) && !ids.has(from) && !ids.has(to),
    ),
  });
  const kept = { nodes: doc.selection.nodes.filter((id) => !ids.has(id)), edges: [] };
  return { ...next, selection: kept, stamp: doc.stamp + 1 };
}

function paste(doc: Document, clip: Clip): Document {
  if (clip.nodes.length === 0) return doc;
  const { ids, ...made } = pasted(doc.definition, doc.places, clip);
  const next = step(doc, made);
  return { ...next, selection: { nodes: ids, edges: [] }, stamp: doc.stamp + 1 };
}

function write(doc: Document, text: string): Document {
  if (text === textOf(doc)) return doc;
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    if (error instanceof Cyclic) return { ...doc, draft: { text, fault: "cyclic" } };
    const line = error instanceof YAMLParseError ? (error.linePos?.[0].line ?? null) : null;
    const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return step(doc, { draft: { text, fault: { kind: "syntax", message, line } } }, "text");
  }
  const read = readDefinition(value);
  if (typeof read === "string") return step(doc, { draft: { text, fault: read } }, "text");
  const definition = keepIdentity(doc.definition, read);
  const next = step(doc, { definition, written: { text, definition }, draft: null }, "text");
  const ids = new Set(read.nodes.map(({ id }) => id));
  const selection = { nodes: doc.selection.nodes.filter((id) => ids.has(id)), edges: [] };
  return { ...next, selection, stamp: doc.stamp + 1 };
}

/** Nodes that say the same stay the same, so that they are not drawn anew. */
function keepIdentity(before: Definition, after: Definition): Definition {
  const known = new Map(before.nodes.map((node) => [node.id, node]));
  const nodes = after.nodes.map((node) => {
    const old = known.get(node.id);
    return old && writeJson(old) === writeJson(node) ? old : node;
  });
  return { ...after, nodes };
}

function sameSelection(one: Selection, other: Selection): boolean {
  return (
    one.nodes.length === other.nodes.length &&
    one.edges.length === other.edges.length &&
    one.nodes.every((id, index) => id === other.nodes[index]) &&
    one.edges.every((edge, index) => edge === other.edges[index])
  );
}
