// What expressions name and what is offered in them.

import { expect, it } from "vitest";
import type { Definition } from "../../definition";
import { offerAt } from "./complete";
import { pathsIn, valueAt, written } from "./paths";
import { type PastRun, pastValue, type Scope } from "./scope";

const definition: Definition = {
  inputs: {
    properties: {
      tickets: { type: "array", items: { properties: { text: { type: "string" } } } },
      webhook: { type: "string" },
    },
  },
  vars: { tone: "short" },
  nodes: [
    { id: "start", type: "trigger" },
    {
      id: "sort",
      type: "map",
      config: { over: "input.tickets", output_schema: { properties: { urgent: {} } } },
    },
    { id: "keep", type: "tool" },
    { id: "later", type: "transform" },
  ],
  edges: [
    { from: "start", to: "sort" },
    { from: "sort", to: "keep" },
    { from: "keep", to: "later" },
  ],
};
const past = {
  run: { input: { tickets: [{ text: "Help", extra: 1 }] } },
  nodes: [
    { id: "sort", status: "succeeded", output: [{ urgent: true, team: "billing" }] },
    { id: "keep", status: "failed", output: null, error: { code: "timeout", message: "slow" } },
  ],
} as unknown as PastRun;
const at = (id: string | null): Scope => ({
  definition,
  node: definition.nodes.find((node) => node.id === id) ?? null,
  past,
});
const names = (
  text: string,
  id: string | null,
  language: "expression" | "template" = "expression",
) => offerAt(text, text.length, language, at(id), false)?.options.map(({ label }) => label) ?? [];

it("finds the paths of an expression, and none in its texts, filters and keywords", () => {
  const paths = (text: string) => pathsIn(text, "expression").map(written);
  expect(paths("nodes.sort.output | selectattr('input.x') | list | length > vars.most")).toEqual([
    "nodes.sort.output",
    "vars.most",
  ]);
  expect(paths("input['a b'][0].text ~ other.input ~ f(input=1)")).toEqual([
    "input['a b'][0].text",
  ]);
});

it("finds the paths of a template in its blocks alone", () => {
  const text = "input.a {{ input.b }} nodes.x {% for t in input.c %}{{ input.b }}";
  expect(pathsIn(text, "template").map(written)).toEqual(["input.b", "input.c"]);
});

it("tells nothing of keys that every object has", () => {
  expect(valueAt({ a: 1 }, ["constructor"])).toBeUndefined();
  expect(valueAt({ a: [{ b: null }] }, ["a", 0, "b"])).toBeNull();
});

it("offers the nodes that come before, and no others", () => {
  expect(names("nodes.", "keep")).toEqual(["sort", "start"]);
  expect(names("nodes.", null)).toHaveLength(4);
});

it("offers keys from the schema and from the past run", () => {
  expect(names("nodes.sort.output[0].", "keep")).toEqual(["urgent", "team"]);
  expect(names("1 + input.", "sort")).toEqual(["tickets", "webhook"]);
  expect(names("item.", "sort")).toEqual(["text", "extra"]);
  expect(names("nodes.sort.", "keep")).toContain("output");
});

it("offers filters after a bar, tests after is, and nothing in a text or outside of a block", () => {
  expect(names("input.tickets | le", "sort")).toContain("length");
  expect(names("input.tickets is not de", "sort")).toContain("defined");
  expect(names("'input.", "sort")).toEqual([]);
  expect(names("see input.", "sort", "template")).toEqual([]);
  expect(names("see {{ input.", "sort", "template")).toEqual(["tickets", "webhook"]);
  expect(names("{{ input.webhook }} inp", "sort", "template")).toEqual([]);
});

it("shows what a path had in the past run", () => {
  expect(pastValue(at("keep"), ["nodes", "sort", "output", 0, "team"])).toBe("billing");
  expect(pastValue(at("later"), ["nodes", "keep", "error", "code"])).toBe("timeout");
  expect(pastValue(at("sort"), ["item", "text"])).toBe("Help");
  expect(pastValue(at("sort"), ["vars", "tone"])).toBe("short");
  expect(pastValue({ ...at("keep"), past: null }, ["nodes", "sort"])).toBeUndefined();
});
