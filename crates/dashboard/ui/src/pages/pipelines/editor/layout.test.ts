// Tests of where nodes stand, and of what a graph is opened on.

import { describe, expect, it } from "vitest";
import { openingOf } from "./layout";

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
