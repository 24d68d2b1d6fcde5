// Changes of a YAML text in place.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import type { Definition } from "../definition";
import { editText, freshText } from "./yaml-edit";

const TEXT = `# Sorts tickets.
name: triage   # called so elsewhere
nodes:
  - { id: start, type: trigger }
  # Does the work.
  - id: sort
    type: map
    config:
      over: input.tickets  # all of them
      task: "Sort {{ item }}"
    input:
      text: |-
        one
        two
  - { id: last, type: transform, config: { value: 1 } }   # the end
edges:
  - { from: start, to: sort }
  - { from: sort, to: last } # then
limits: { timeout: 4h }
`;
const read = (text: string) => parse(text) as Definition;

/** What the lines are after a change. */
function changed(change: (definition: Definition) => void, text = TEXT): string {
  const after = structuredClone(read(text));
  change(after);
  const edited = editText(text, read(text), after);
  expect(read(edited)).toEqual(after);
  return edited;
}
const node = (definition: Definition, id: string) => {
  const found = definition.nodes.find((one) => one.id === id);
  if (!found) throw new Error(id);
  return found;
};

it("changes one text and keeps its quotes and all else", () => {
  const edited = changed((d) => {
    node(d, "sort").config = { over: "input.tickets", task: "Order {{ item }}" };
  });
  expect(edited).toBe(TEXT.replace('"Sort {{ item }}"', '"Order {{ item }}"'));
});

it("keeps the comment behind a value that changes", () => {
  const edited = changed((d) => {
    d.name = "sorting";
  });
  expect(edited).toBe(TEXT.replace("name: triage ", "name: sorting "));
});

it("adds a node and an edge as the others are written", () => {
  const edited = changed((d) => {
    d.nodes.push({ id: "more", type: "agent", config: {} });
    d.edges.push({ from: "sort", to: "more", when: "error" });
  });
  expect(edited).toContain("  - { id: more, type: agent, config: {} }\nedges:");
  expect(edited).toContain("  - { from: sort, to: more, when: error }\nlimits:");
  expect(edited).toContain("# the end");
});

it("removes a node with the comment above it, and its edges", () => {
  const edited = changed((d) => {
    d.nodes = d.nodes.filter(({ id }) => id !== "sort");
    d.edges = [];
  });
  expect(edited).not.toContain("Does the work");
  expect(edited).toContain("# the end");
  expect(edited).toMatch(/^edges: \[\]/m);
});

it("changes a text of several lines", () => {
  const edited = changed((d) => {
    node(d, "sort").input = { text: "one\ntwo\nthree" };
  });
  expect(edited).toBe(TEXT.replace("        two\n", "        two\n        three\n"));
});

it("gives what it sets a key in its order, and takes keys away", () => {
  const edited = changed((d) => {
    node(d, "sort").name = "Sorting";
    const { input: _, ...rest } = node(d, "sort");
    d.nodes[1] = rest as Definition["nodes"][number];
    d.vars = { tone: "short" };
  });
  expect(edited).toContain("  - id: sort\n    name: Sorting\n    type: map\n");
  expect(edited).toContain("vars:\n  tone: short\nnodes:");
});

it("removes the first edge and adds another without touching the rest", () => {
  const edited = changed((d) => {
    d.edges = [...d.edges.slice(1), { from: "start", to: "last" }];
  });
  expect(edited).toContain("  - { from: sort, to: last } # then\n  - { from: start, to: last }\n");
});

it("does any change of the examples", () => {
  for (const name of ["support-triage", "release-notes", "research-brief"]) {
    const text = readFileSync(`../../../examples/${name}.yaml`, "utf8");
    for (const [at, { id }] of read(text).nodes.entries()) {
      const comments = text.split("\n").filter((line) => line.startsWith("#"));
      const gone = changed((d) => {
        d.nodes = d.nodes.filter((one) => one.id !== id);
        d.edges = d.edges.filter(({ from, to }) => from !== id && to !== id);
      }, text);
      const set = changed((d) => {
        d.nodes[at] = { ...node(d, id), name: "A: name", config: { list: [1, { a: "b\nc" }] } };
      }, text);
      const added = changed((d) => {
        d.nodes.splice(at, 0, { id: "fresh", type: "agent", config: { task: "x\n\ny" } });
      }, text);
      for (const edited of [gone, set, added])
        expect(edited.split("\n").filter((line) => line.startsWith("#"))).toEqual(comments);
    }
  }
}, 30_000);

it("writes a text that cannot be changed in place anew", () => {
  const text = "a: &x { b: 1 }\nc: *x\nnodes: []\nedges: []\n";
  expect(parse(editText(text, parse(text), { ...parse(text), a: { b: 2 }, c: { b: 1 } }))).toEqual({
    a: { b: 2 },
    c: { b: 1 },
    nodes: [],
    edges: [],
  });
  expect(freshText({ edges: [], nodes: [], name: "x" })).toMatch(/^name: x\nnodes/);
});
