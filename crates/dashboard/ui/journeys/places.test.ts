// The list of places is complete: each route of the router has one, and each place has its route.

import { expect, test } from "vitest";
import { makeRouter } from "@/app/router";
import { ENTRANCE, PLACES } from "./places";
import { pictureOf, WINDOWS } from "./windows";

/** The addresses that show a page of their own: those of routes that hold no others. */
function routes(): string[] {
  const all = Object.values(makeRouter().routesById) as {
    fullPath: string;
    children?: unknown;
    id: string;
  }[];
  return all.filter(({ children }) => children === undefined).map(({ fullPath }) => fullPath);
}

test("every route of the router is among the places", () => {
  const named = new Set(PLACES.map(({ route }) => route).filter((route) => route !== null));
  expect([...named].sort()).toEqual([...new Set(routes())].sort());
});

test("no two pictures have the same name", () => {
  const names = [
    "set-up",
    ...[...ENTRANCE, ...PLACES].map(({ name }) => name),
    ...WINDOWS.map(pictureOf),
  ];
  expect(names).toEqual([...new Set(names)]);
});
