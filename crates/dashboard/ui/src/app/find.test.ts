// Names are found as people type them, and grouped without losing the best first.

import { expect, test } from "vitest";
import { byKind, fits, type Kind } from "./find";
import { withVisited } from "./recent";

test("words fit in any order, without case and accents", () => {
  expect(fits("Événements", "evene")).toBe(true);
  expect(fits("Triggers and hooks", "HOOK trig")).toBe(true);
  expect(fits("Runs", "run approvals")).toBe(false);
  expect(fits("Runs", "  ")).toBe(true);
});

test("kinds stand in the order of their best finds", () => {
  const found = (kind: Kind, id: string) => ({ kind, id, name: id });
  const groups = byKind([found("agent", "a"), found("pipeline", "b"), found("agent", "c")]);
  expect(groups.map(([kind, items]) => [kind, items.map(({ id }) => id)])).toEqual([
    ["agent", ["a", "c"]],
    ["pipeline", ["b"]],
  ]);
});

test("a page is remembered once, by its name, the latest first", () => {
  const runs = { path: "/runs", title: "Runs · Gathering" };
  const agent = { path: "/agents/1", title: "Writer · Gathering" };
  const visited = [runs, agent, runs].reduce(withVisited, []);
  expect(visited).toEqual([
    { path: "/runs", title: "Runs" },
    { path: "/agents/1", title: "Writer" },
  ]);
  expect(withVisited(visited, { path: "/x", title: "Gathering" })).toBe(visited);
  expect(withVisited(visited, { path: "/", title: "Home · Gathering" })).toBe(visited);
});
