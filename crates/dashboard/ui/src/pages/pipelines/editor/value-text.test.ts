// Values of templates, as they are written and read.

import { expect, it } from "vitest";
import { readValue, valueText } from "./value-text";

it("reads back what it has written", () => {
  for (const value of [
    "{{ nodes.a.output }}",
    "# no comment",
    "true",
    3,
    { a: ["{{ b }}: c", null] },
  ])
    expect(readValue(valueText(value))).toEqual({ value });
});

it("takes a template alone for a text, and asks for quotes where it stands in a list or an object", () => {
  expect(readValue("{{ input.a }}")).toEqual({ value: "{{ input.a }}" });
  expect(readValue("{% if input.a %}b{% endif %}")).toMatchObject({ value: expect.any(String) });
  expect(readValue("a: {{ input.a }}")).toEqual({ fault: "quote" });
  expect(readValue("- {{ input.a }}")).toEqual({ fault: "quote" });
});

it("is no value without text, and tells what is no YAML", () => {
  expect(readValue(" ")).toEqual({ value: undefined });
  expect(readValue("a: [1")).toMatchObject({ fault: "syntax" });
});

it("keeps the digits of long numbers, and refuses what contains itself", () => {
  const value = { id: 1234567890123456789n, n: 3 };
  expect(readValue(valueText(value))).toEqual({ value });
  expect(readValue("&a\nb: *a")).toEqual({ fault: "cyclic" });
});
