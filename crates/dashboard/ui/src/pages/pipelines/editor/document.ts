// The pipeline that is being edited: one state with its history, and the text that always says the same.

import { YAMLParseError } from "yaml";
import { writeJson } from "@/api/exact";
import { Cyclic, parseYaml } from "@/api/exact-yaml";
import { own } from "@/api/own";
import {
  type Definition,
  type EdgeDefinition,
  labelOf,
  type NodeDefinition,
  readDefinition,
  type Undrawable,
} from "../definition";
import type { Place, Places } from "./layout";
import { renameInValue } from "./references";
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
}

/** Ids of nodes, and indices of edges. */
export interface Selection {
  nodes: readonly string[];
  edges: readonly number[];
}

/** Nodes with the edges among them, as they are copied. */
export interface Clip {
  nodes: NodeDefinition[];
  edges: EdgeDefinition[];
  places: Places;
}

export interface Document extends Snapshot {
  /** A text that is not understood; the definition is then the last that was. */
  draft: { text: string; fault: TextFault } | null;
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
  | { do: "change"; id: string; field: string; value: unknown }
  | { do: "rename"; id: string; to: string }
  | { do: "set"; field: string; value: unknown }
  | { do: "move"; places: Places }
  | { do: "remove"; selection?: Selection }
  | { do: "paste"; clip: Clip }
  | { do: "text"; text: string }
  | { do: "select"; selection: Selection }
  | { do: "show"; selection: Selection }
  | { do: "undo" }
  | { do: "redo" };

/** The most steps back. */
const MOST_STEPS = 200;
const NONE: Selection = { nodes: [], edges: [] };
const ID = /^[a-z][a-z0-9_]{0,63}$/;

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
    draft: null,
    selection: NONE,
    stamp: 0,
    past: [],
    future: [],
    key: null,
  };
}

/** The document after something was done. One in which nothing changes is the same one. */
export function reduce(doc: Document, action: Action): Document {
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
    case "change":
      return define(
        doc,
        {
          nodes: doc.definition.nodes.map((node) =>
            node.id === action.id
              ? (withField(node, action.field, action.value) as NodeDefinition)
              : node,
          ),
        },
        `change ${action.id} ${action.field}`,
      );
    case "set":
      return step(
        doc,
        { definition: withField(doc.definition, action.field, action.value) as Definition },
        `set ${action.field}`,
      );
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

/** The nodes to which an edge may lead: no trigger, none that comes before, and to each once. */
export function targetsOf({ nodes, edges }: Definition, from: string, when: string): Set<string> {
  const before = new Map<string, string[]>();
  const never = new Set<string>();
  for (const edge of edges) {
    const sources = before.get(edge.to);
    if (sources) sources.push(edge.from);
    else before.set(edge.to, [edge.from]);
  }
  const next = [from];
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    if (never.has(id)) continue;
    never.add(id);
    next.push(...(before.get(id) ?? []));
  }
  for (const edge of edges) {
    if (edge.from === from && labelOf(edge) === when) never.add(edge.to);
  }
  const targets = nodes.filter(({ id, type }) => type !== "trigger" && !never.has(id));
  return new Set(targets.map(({ id }) => id));
}

/** Whether an edge may lead there. */
export function mayConnect(
  definition: Definition,
  from: string,
  to: string,
  when: string,
): boolean {
  return (
    definition.nodes.some(({ id }) => id === from) && targetsOf(definition, from, when).has(to)
  );
}

/** Why a node cannot be called that. */
export function idFault(definition: Definition, id: string, to: string): "form" | "taken" | null {
  if (!ID.test(to)) return "form";
  return to !== id && definition.nodes.some((node) => node.id === to) ? "taken" : null;
}

/** What is selected, to copy. */
export function clipOf({ definition, places, selection }: Document): Clip {
  const ids = new Set(selection.nodes);
  const nodes = definition.nodes.filter(({ id, type }) => ids.has(id) && type !== "trigger");
  const copied = new Set(nodes.map(({ id }) => id));
  return {
    nodes,
    edges: definition.edges.filter(({ from, to }) => copied.has(from) && copied.has(to)),
    places: Object.fromEntries(
      nodes.flatMap(({ id }) => {
        const place = own(places, id);
        return place ? [[id, place]] : [];
      }),
    ),
  };
}

/** An id that no node has yet. */
function freshId(taken: ReadonlySet<string>, wanted: string): string {
  const base = wanted.replace(/_\d+$/, "").slice(0, 58);
  if (!taken.has(wanted) && ID.test(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${base}_${number}`)) number += 1;
  return `${base}_${number}`;
}

function edgeOf(from: string, to: string, when: string, before?: EdgeDefinition): EdgeDefinition {
  const { when: _, ...rest } = before ?? { from, to };
  return when === "" ? rest : { ...rest, when };
}

function withField(of: Record<string, unknown>, field: string, value: unknown) {
  if (value !== undefined) return { ...of, [field]: value };
  const { [field]: _, ...rest } = of;
  return rest;
}

function now({ definition, written, places }: Document): Snapshot {
  return { definition, written, places };
}

/** Does a step that can be undone. */
function step(doc: Document, next: Partial<Snapshot>, key: string | null = null): Document {
  const again = key !== null && key === doc.key && doc.past.length > 0;
  const changed = next.definition !== undefined && next.definition !== doc.definition;
  return {
    ...doc,
    ...next,
    ...(changed && { draft: null }),
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
    draft: null,
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

/** A place where nothing stands: at or to the right of another, or below all. */
function freePlace(places: Places, at: Place | undefined, aside: boolean): Place {
  const all = Object.values(places);
  const place = at
    ? { x: at.x + (aside ? 280 : 0), y: at.y }
    : { x: 0, y: Math.max(-110, ...all.map(({ y }) => y)) + 110 };
  const covers = ({ x, y }: Place) => Math.abs(x - place.x) < 216 && Math.abs(y - place.y) < 80;
  while (all.some(covers)) place.y += 10;
  return place;
}

function rename(doc: Document, id: string, to: string): Document {
  if (id === to || idFault(doc.definition, id, to) !== null) return doc;
  const named = (one: string) => (one === id ? to : one);
  const { nodes, edges, outputs } = doc.definition;
  const { [id]: _, ...places } = doc.places;
  const place = own(doc.places, id);
  const next = step(doc, {
    definition: {
      ...doc.definition,
      nodes: nodes.map((node) => {
        const renamed = renameInValue(node, id, to) as NodeDefinition;
        return node.id === id ? { ...renamed, id: to } : renamed;
      }),
      edges: edges.map((edge) =>
        edge.from === id || edge.to === id
          ? { ...edge, from: named(edge.from), to: named(edge.to) }
          : edge,
      ),
      ...(outputs !== undefined && { outputs: renameInValue(outputs, id, to) }),
    },
    places: place ? { ...places, [to]: place } : places,
  });
  const selection = { nodes: doc.selection.nodes.map(named), edges: doc.selection.edges };
  return { ...next, selection, stamp: doc.stamp + 1 };
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
  const taken = new Set(doc.definition.nodes.map(({ id }) => id));
  const ids = new Map<string, string>();
  for (const { id } of clip.nodes) {
    const fresh = freshId(taken, id);
    taken.add(fresh);
    ids.set(id, fresh);
  }
  if (ids.size === 0) return doc;
  const places: Places = { ...doc.places };
  for (const [id, fresh] of ids) {
    const place = own(clip.places, id);
    places[fresh] = place
      ? { x: place.x + 40, y: place.y + 60 }
      : freePlace(places, undefined, false);
  }
  const nodes = clip.nodes.map((node) => {
    let copy: unknown = node;
    // Through names that nothing can have, so that two that change places do not meet.
    for (const id of ids.keys()) copy = renameInValue(copy, id, `\u0000${id}`);
    for (const [id, fresh] of ids) copy = renameInValue(copy, `\u0000${id}`, fresh);
    return { ...(copy as NodeDefinition), id: ids.get(node.id) ?? node.id };
  });
  const edges = clip.edges.map((edge) => ({
    ...edge,
    from: ids.get(edge.from) ?? edge.from,
    to: ids.get(edge.to) ?? edge.to,
  }));
  const next = step(doc, {
    definition: {
      ...doc.definition,
      nodes: [...doc.definition.nodes, ...nodes],
      edges: [...doc.definition.edges, ...edges],
    },
    places,
  });
  return { ...next, selection: { nodes: [...ids.values()], edges: [] }, stamp: doc.stamp + 1 };
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
    return { ...doc, draft: { text, fault: { kind: "syntax", message, line } } };
  }
  const read = readDefinition(value);
  if (typeof read === "string") return { ...doc, draft: { text, fault: read } };
  const definition = keepIdentity(doc.definition, read);
  const next = step(doc, { definition, written: { text, definition } }, "text");
  const ids = new Set(read.nodes.map(({ id }) => id));
  const selection = { nodes: doc.selection.nodes.filter((id) => ids.has(id)), edges: [] };
  return { ...next, draft: null, selection, stamp: doc.stamp + 1 };
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
