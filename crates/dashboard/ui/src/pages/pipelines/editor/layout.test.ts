// Tests of where nodes stand, and of what a graph is opened on.

import { describe, expect, it } from "vitest";
import type { Definition } from "../definition";
import { drawNodes, UNMARKED } from "./drawing";
import { arrange, complete, openingOf } from "./layout";

describe("openingOf", () => {
  const row = Object.fromEntries([0, 280, 560, 840].map((x, n) => [`n${n}`, { x, y: 0 }]));
  const ids = (narrow: boolean) => openingOf(row, narrow).nodes.map(({ id }) => id);

  it("is the beginning of what is wide, and less of it on a phone", () => {
    expect(ids(false)).toEqual(["n0", "n1", "n2"]);
    expect(ids(true)).toEqual(["n0", "n1"]);
  });

  it("is what is around a node that is looked for", () => {
    const around = (id: string) => openingOf(row, true, id).nodes.map(({ id }) => id);
    expect(around("n0")).toEqual(["n0", "n1"]);
    expect(around("n2")).toContain("n2");
    expect(around("n3")).toEqual(["n2", "n3"]);
  });

  it("is all of what is small, wherever it stands", () => {
    const small = { a: { x: -900, y: 0 }, b: { x: -600, y: 40 } };
    expect(openingOf(small, false).nodes).toHaveLength(2);
    expect(openingOf({}, false).nodes).toEqual([]);
  });
});

describe("nodes that are called as something every object has", () => {
  const names = ["constructor", "__proto__", "toString", "hasOwnProperty"];
  const definition: Definition = {
    nodes: names.map((id) => ({ id, type: "constructor" })),
    edges: [
      { from: "constructor", to: "__proto__" },
      { from: "__proto__", to: "toString" },
    ],
  };
  const labels = () => [];

  it("are laid out", () => {
    const places = new Map(Object.entries(arrange(definition, labels)));
    expect([...places.keys()]).toEqual(names);
    const x = names.slice(0, 3).map((id) => places.get(id)?.x ?? Number.NaN);
    expect(x).toEqual([...x].sort((one, other) => one - other));
    expect(new Set(x).size).toBe(3);
  });

  it("stand where they are laid out if nobody has moved them", () => {
    const places = complete({}, definition, labels);
    expect(Object.keys(places)).toEqual(names);
    const drawn = drawNodes({ definition, places: {}, labels, marks: UNMARKED }, [], null);
    expect(drawn.map(({ position }) => position)).toEqual(names.map(() => ({ x: 0, y: 0 })));
  });
});
