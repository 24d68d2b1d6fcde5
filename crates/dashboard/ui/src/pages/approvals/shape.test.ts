// Whether values read as what they are, and as JSON only where they go deeper.

import { describe, expect, it } from "vitest";
import { isShort, shapeOf } from "./shape";

describe("shapeOf", () => {
  it("takes words, pairs and lists of plain values as they are", () => {
    expect(shapeOf("Sign it?")).toEqual({ as: "text", text: "Sign it?" });
    expect(shapeOf({ supplier: "Fjord", notice: null })).toEqual({
      as: "pairs",
      pairs: [
        ["supplier", "Fjord"],
        ["notice", null],
      ],
    });
    expect(shapeOf([1, "two", true])).toEqual({ as: "list", items: [1, "two", true] });
  });

  it("makes a table of flat objects, with an empty cell where one lacks a column", () => {
    expect(shapeOf([{ team: "sales" }, { team: "care", urgent: false }])).toEqual({
      as: "table",
      columns: ["team", "urgent"],
      rows: [
        ["sales", null],
        ["care", false],
      ],
    });
  });

  it("parts an object that is not flat, and goes no deeper than that", () => {
    const deep = { a: { b: [] } };
    expect(shapeOf({ count: 2, sorted: [{ team: "care" }], deep })).toEqual({
      as: "parts",
      pairs: [["count", 2]],
      parts: [
        { name: "sorted", shape: { as: "table", columns: ["team"], rows: [["care"]] } },
        { name: "deep", shape: { as: "json", value: deep } },
      ],
    });
  });

  it("leaves what is empty, mixed or too wide as JSON", () => {
    const wide = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`c${at}`, at]));
    for (const value of [[], {}, [{}], [1, { a: 1 }], [{ a: [1] }], [wide]]) {
      expect(shapeOf(value)).toEqual({ as: "json", value });
    }
  });
});

describe("isShort", () => {
  const rows = (count: number) => shapeOf({ sorted: Array(count).fill({ team: "care" }) });

  it("counts rows, and the lines of what is long", () => {
    expect(isShort(rows(10))).toBe(true);
    expect(isShort(rows(11))).toBe(false);
    expect(isShort(shapeOf("a".repeat(800)))).toBe(true);
    expect(isShort(shapeOf("a".repeat(1000)))).toBe(false);
    expect(isShort(shapeOf({ deep: { list: [[1, 2, 3, 4, 5, 6, 7, 8]] } }))).toBe(false);
  });
});
