// The document of the editor: what is done, undone and written stays in step.

import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Definition, givenDefinition } from "../definition";
import { mayConnect } from "./connections";
import { clipOf } from "./copies";
import { type Action, type Document, open, reduce, textOf } from "./document";
import { idFault } from "./node-ids";

const triage: Definition = {
  name: "triage",
  nodes: [
    { id: "start", type: "trigger" },
    { id: "sort", type: "agent", config: { agent: "sorter", task: "{{ input.text }}" } },
    { id: "urgent", type: "condition", config: { when: "nodes.sort.output.urgent" } },
  ],
  edges: [
    { from: "start", to: "sort" },
    { from: "sort", to: "urgent" },
  ],
  outputs: { urgent: "{{ nodes['sort'].output }} {{ nodes.sorted.output }}" },
};

function doing(...actions: Action[]): Document {
  return actions.reduce(reduce, open(triage, { start: { x: 0, y: 0 } }));
}

function ids(doc: Document): string[] {
  return doc.definition.nodes.map(({ id }) => id);
}

/** The text always says what the definition says. */
function inStep(doc: Document): void {
  expect(givenDefinition(parse(textOf(doc)))).toEqual(doc.definition);
}

describe("the document", () => {
  it("adds nodes with ids of their own, behind the one that is named, and selects them", () => {
    const doc = doing(
      { do: "add", type: "transform", after: "urgent", when: "true" },
      { do: "add", type: "transform" },
    );
    expect(ids(doc)).toEqual(["start", "sort", "urgent", "transform", "transform_2"]);
    expect(doc.definition.edges.at(-1)).toEqual({ from: "urgent", to: "transform", when: "true" });
    expect(doc.selection.nodes).toEqual(["transform_2"]);
    expect(doc.places.transform_2).toBeDefined();
    inStep(doc);
  });

  it("connects with a label, but never twice, in a circle, or to the trigger", () => {
    const doc = doing({ do: "add", type: "delay" });
    const next = reduce(doc, { do: "connect", from: "urgent", to: "delay", when: "false" });
    expect(next.definition.edges.at(-1)).toEqual({ from: "urgent", to: "delay", when: "false" });
    inStep(next);
    expect(reduce(next, { do: "connect", from: "urgent", to: "delay", when: "false" })).toBe(next);
    expect(mayConnect(next.definition, "delay", "sort", "")).toBe(false);
    expect(mayConnect(next.definition, "delay", "delay", "")).toBe(false);
    expect(mayConnect(next.definition, "delay", "start", "")).toBe(false);
    expect(mayConnect(next.definition, "start", "delay", "")).toBe(true);
  });

  it("changes the label of an edge, and takes it away", () => {
    const labelled = doing({ do: "label", edge: 1, when: "error" });
    expect(labelled.definition.edges[1]).toEqual({ from: "sort", to: "urgent", when: "error" });
    inStep(labelled);
    const plain = reduce(labelled, { do: "label", edge: 1, when: "" });
    expect(plain.definition.edges[1]).toEqual({ from: "sort", to: "urgent" });
  });

  it("renames a node where edges and expressions name it, and nowhere else", () => {
    const doc = doing(
      { do: "select", selection: { nodes: ["sort"], edges: [] } },
      { do: "rename", id: "sort", to: "sift" },
    );
    expect(ids(doc)).toEqual(["start", "sift", "urgent"]);
    expect(doc.definition.edges).toEqual([
      { from: "start", to: "sift" },
      { from: "sift", to: "urgent" },
    ]);
    expect(doc.definition.nodes[2]?.config).toEqual({ when: "nodes.sift.output.urgent" });
    expect(doc.definition.outputs).toEqual({
      urgent: "{{ nodes['sift'].output }} {{ nodes.sorted.output }}",
    });
    expect(doc.selection.nodes).toEqual(["sift"]);
    inStep(doc);
    expect(idFault(doc.definition, "sift", "start")).toBe("taken");
    expect(idFault(doc.definition, "sift", "Sift it")).toBe("form");
    expect(reduce(doc, { do: "rename", id: "sift", to: "start" })).toBe(doc);
  });

  it("removes nodes with their edges", () => {
    const doc = doing({ do: "remove", selection: { nodes: ["sort"], edges: [] } });
    expect(ids(doc)).toEqual(["start", "urgent"]);
    expect(doc.definition.edges).toEqual([]);
    inStep(doc);
  });

  it("undoes and redoes, and takes one field's typing for one step", () => {
    const type = (value: string): Action => ({ do: "change", id: "sort", field: "name", value });
    const doc = doing(type("S"), type("So"), type("Sort"), {
      do: "move",
      places: { sort: { x: 9, y: 9 } },
    });
    const unmoved = reduce(doc, { do: "undo" });
    expect(unmoved.places.sort).toBeUndefined();
    expect(unmoved.definition.nodes[1]?.name).toBe("Sort");
    const begun = reduce(unmoved, { do: "undo" });
    expect(begun.definition).toBe(triage);
    inStep(begun);
    expect(reduce(begun, { do: "undo" })).toBe(begun);
    const again = reduce(reduce(begun, { do: "redo" }), { do: "redo" });
    expect(again.definition).toBe(doc.definition);
    expect(again.places).toBe(doc.places);
    inStep(again);
    expect(reduce(begun, type("Other")).future).toEqual([]);
  });

  it("takes over what is written, and keeps the canvas while it is not understood", () => {
    const doc = doing();
    const text = textOf(doc).replace("name: triage", "name: sorting");
    const written = reduce(doc, { do: "text", text });
    expect(written.definition.name).toBe("sorting");
    expect(textOf(written)).toBe(text);
    expect(written.definition.nodes[1]).toBe(doc.definition.nodes[1]);
    const broken = reduce(written, { do: "text", text: "name: [" });
    expect(broken.draft?.fault).toMatchObject({ kind: "syntax", line: 1 });
    expect(broken.definition).toBe(written.definition);
    expect(reduce(broken, { do: "text", text: "nodes: 3" }).draft?.fault).toBe("nodes");
    const mended = reduce(broken, { do: "text", text });
    expect(mended.draft).toBeNull();
    inStep(mended);
    const begun = reduce(mended, { do: "undo" });
    expect(begun.definition).toBe(triage);
    inStep(begun);
  });

  it("loses no text that is not understood: the canvas and the forms wait, and undo brings it back", () => {
    const draft = doing({ do: "text", text: "name: [" });
    const typed: Action = { do: "set", field: "name", value: "typed" };
    expect(reduce(draft, typed)).toBe(draft);
    expect(reduce(draft, { do: "remove", selection: { nodes: ["sort"], edges: [] } })).toBe(draft);
    const moved = reduce(draft, { do: "move", places: { sort: { x: 9, y: 9 } } });
    expect(textOf(moved)).toBe("name: [");
    const undone = reduce(draft, { do: "undo" });
    expect(undone.draft).toBeNull();
    expect(reduce(undone, { do: "redo" }).draft).toEqual(draft.draft);
    const dropped = reduce(draft, { do: "understood" });
    inStep(dropped);
    expect(reduce(dropped, typed).definition.name).toBe("typed");
    const back = reduce(reduce(reduce(dropped, typed), { do: "undo" }), { do: "undo" });
    expect(textOf(back)).toBe("name: [");
  });

  it("keeps the text of a field that cannot be read until it can, or something else is put there", () => {
    const write = (text: string | null): Action => ({
      do: "unread",
      node: "sort",
      field: "config/task",
      text,
    });
    const doc = doing(write("a: ["));
    const [unread] = doc.unread;
    expect(unread).toMatchObject({ node: "sort", field: "config/task", text: "a: [" });
    expect(reduce(doc, write(null)).unread).toEqual([]);
    const elsewhere = reduce(doc, { do: "change", id: "sort", field: "name", value: "Sort" });
    expect(elsewhere.unread).toEqual([unread]);
    const renamed = reduce(elsewhere, { do: "rename", id: "sort", to: "sift" });
    expect(renamed.unread).toMatchObject([{ node: "sift", text: "a: [" }]);
    const removed = reduce(renamed, { do: "remove", selection: { nodes: ["sift"], edges: [] } });
    expect(removed.unread).toEqual([]);
    expect(reduce(removed, { do: "undo" }).unread).toEqual(renamed.unread);
    const config = { agent: "sorter", task: "{{ input.other }}" };
    const over = reduce(doc, { do: "change", id: "sort", field: "config", value: config });
    expect(over.unread).toEqual([]);
    const value = { agent: "sorter", task: "{{ input.text }}" };
    const kind: Action = { do: "change", id: "sort", field: "config", value, fresh: true };
    expect(reduce(doc, kind).unread).toEqual([]);
  });

  it("takes what is written in a field for one step, be it understood or not", () => {
    const limits = (text: string | null): Action => ({
      do: "unread",
      node: null,
      field: "limits",
      text,
    });
    const doc = doing(
      { do: "set", field: "limits", value: { timeout: "1h" } },
      limits("timeout: [2h"),
    );
    expect(doc.unread).toMatchObject([{ node: null, text: "timeout: [2h" }]);
    const begun = reduce(doc, { do: "undo" });
    expect(begun.definition).toBe(triage);
    expect(begun.unread).toEqual([]);
    expect(reduce(begun, { do: "redo" }).unread).toEqual(doc.unread);
  });

  it("pastes copies that name each other, not the originals", () => {
    const selected = doing({
      do: "select",
      selection: { nodes: ["start", "sort", "urgent"], edges: [] },
    });
    const doc = reduce(selected, { do: "paste", clip: clipOf(selected) });
    expect(ids(doc)).toEqual(["start", "sort", "urgent", "sort_2", "urgent_2"]);
    expect(doc.definition.nodes.at(-1)?.config).toEqual({ when: "nodes.sort_2.output.urgent" });
    expect(doc.definition.edges.at(-1)).toEqual({ from: "sort_2", to: "urgent_2" });
    expect(doc.selection.nodes).toEqual(["sort_2", "urgent_2"]);
    inStep(doc);
  });
});

describe("a node that is called `constructor`", () => {
  const odd = reduce(open(triage, {}), {
    do: "text",
    text: "nodes:\n  - { id: constructor, type: constructor }\n",
  });

  it("is copied and pasted to a place of its own", () => {
    const clip = clipOf({ ...odd, selection: { nodes: ["constructor"] } });
    expect(Object.keys(clip.places)).toEqual([]);
    const { places } = reduce(odd, { do: "paste", clip });
    expect(Number.isFinite(places.constructor_2?.x)).toBe(true);
  });

  it("is followed by another beside it", () => {
    const { places } = reduce(odd, { do: "add", type: "delay", after: "constructor" });
    expect(Number.isFinite(places.delay?.x)).toBe(true);
  });
});

describe("what JSON cannot say", () => {
  const long =
    "nodes:\n  - id: start\n    type: trigger\n    config: { id: 1234567890123456789, n: 3 }\n";

  it("keeps the digits of long numbers", () => {
    const written = reduce(open(triage, {}), { do: "text", text: long });
    const config = written.definition.nodes[0]?.config;
    expect(config).toEqual({ id: 1234567890123456789n, n: 3 });
    const changed = reduce(written, { do: "set", field: "description", value: "other" });
    expect(textOf(changed)).toContain("id: 1234567890123456789,");
    expect(textOf(open(changed.definition, {}))).toContain("id: 1234567890123456789\n");
  });

  it("refuses an alias within what it names, and keeps what was", () => {
    const before = open(triage, {});
    const text = "nodes: []\nvars: &a\n  b: *a\n";
    const after = reduce(before, { do: "text", text });
    expect(after.draft).toEqual({ text, fault: "cyclic" });
    expect(after.definition).toBe(before.definition);
  });
});
