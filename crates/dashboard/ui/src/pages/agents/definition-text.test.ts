// Definitions as text keep their digits, and contain no end of themselves.

import { expect, it } from "vitest";
import { fromText, toText } from "./definition-text";

it("keeps the digits of long numbers", () => {
  const definition = { name: "a", options: { seed: 1234567890123456789n, top: 3 } };
  expect(fromText(toText(definition))).toEqual({ definition });
});

it("tells of a value that contains itself", () => {
  expect(fromText("options: &a\n  b: *a\n")).toEqual({ fault: expect.any(String) });
});
