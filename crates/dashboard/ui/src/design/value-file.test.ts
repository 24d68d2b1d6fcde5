// Whether files say what the command line reads in them.

import { expect, test } from "vitest";
import { valueOfFile } from "./value-file";

test("rows of a CSV are objects of texts", () => {
  expect(valueOfFile("T.CSV", '\uFEFFid,text\r\n1,"a, ""b""\nc"\n\n2,\n')).toEqual([
    { id: "1", text: 'a, "b"\nc' },
    { id: "2", text: "" },
  ]);
});

test("other files are JSON", () => {
  expect(valueOfFile("a.json", "[1]")).toEqual([1]);
});

test("what cannot be read is refused", () => {
  expect(() => valueOfFile("a.json", "[")).toThrow();
  expect(() => valueOfFile("a.csv", "a,b\n1\n")).toThrow();
});
