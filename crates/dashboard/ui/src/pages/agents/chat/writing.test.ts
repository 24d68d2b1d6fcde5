// Pieces of an answer are put together, whatever order and whatever gaps they come with.

import { expect, test } from "vitest";
import { type Told, written } from "./writing";

const KEY = "turn:1/model";

function after(...pieces: Told[]) {
  return pieces.reduce<ReturnType<typeof written>>(
    (before, told) => written(before, { key: KEY, attempt: 1, ...told }),
    null,
  );
}

test("what is said and what is thought are two texts", () => {
  const writing = after(
    { piece: 1, text: "Hm", reasoning: true },
    { piece: 1, text: "Good " },
    { piece: 2, text: "day" },
  );
  expect(writing?.said.text).toBe("Good day");
  expect(writing?.thought.text).toBe("Hm");
});

test("whoever came later sees that something is missing", () => {
  expect(after({ piece: 7, text: "then" })?.said.text).toBe("…then");
  expect(after({ piece: 1, text: "a" }, { piece: 3, text: "c" })?.said.text).toBe("a…c");
});

test("an answer that begins anew under the same attempt takes the place of the first", () => {
  const begun = [
    { piece: 1, text: "a" },
    { piece: 2, text: "b" },
    { piece: 3, text: "c" },
  ];
  expect(after(...begun, { piece: 1, text: "x" })?.said.text).toBe("x");
  expect(after(...begun, { piece: 2, text: "y" }, { piece: 3, text: "z" })?.said.text).toBe("…yz");
});

test("a later attempt makes the earlier void", () => {
  const writing = after(
    { piece: 1, text: "old" },
    { attempt: 2, piece: 1, text: "new" },
    { piece: 2, text: " rest" },
  );
  expect(writing?.said.text).toBe("new");
});

test("a last piece does not bring back a step that has ended", () => {
  const writing = after({ piece: 1, text: "a" });
  const ended = writing && { ...writing, endedAt: 5 };
  expect(written(ended, { key: KEY, attempt: 1, piece: 2, text: "b" })?.endedAt).toBe(5);
});
