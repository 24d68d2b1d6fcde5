// Numbers and times read as people write them.

import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { speak, words } from ".";
import { ago, dayName, dayRange, money, took } from "./format";

beforeEach(() => speak("en"));
afterEach(() => vi.restoreAllMocks());

test("money keeps the digits of small amounts", () => {
  expect(money(0)).toBe("$0.00");
  expect(money(1234)).toBe("$0.0012");
  expect(money(2_500_000)).toBe("$2.50");
});

test("what took long is told in large units", () => {
  expect(took(12)).toBe("12 ms");
  expect(took(1500)).toBe("1.5 s");
  expect(took(61_000)).toBe("1 min 1 s");
  expect(took(3 * 3_600_000)).toBe("3 h 0 min");
});

test("days are said in the person's language", async () => {
  expect(took(50 * 3_600_000)).toBe("2 days 2 h");
  await speak("fr");
  expect(took(50 * 3_600_000)).toMatch(/^2\sj 2 h$/);
});

test("numbers in words are written as the language writes them", async () => {
  const useWords = words(
    "test",
    { n_one: "{{count}} of {{all}}", n_other: "{{count}} of {{all}}" },
    {
      n_one: "{{count}} sur {{all}}",
      n_many: "{{count}} sur {{all}}",
      n_other: "{{count}} sur {{all}}",
    },
  );
  const { result } = renderHook(useWords);
  expect(result.current("n", { count: 1065, all: "x" })).toBe("1,065 of x");
  await act(() => speak("fr"));
  expect(result.current("n", { count: 1065, all: "x" })).toMatch(/^1\s065 sur x$/);
});

test("the language is the person's", async () => {
  expect(ago(0, 120_000)).toBe("2 min. ago");
  await speak("fr");
  expect(ago(0, 120_000)).toContain("il y a 2");
  expect(money(2_500_000)).toMatch(/2,50/);
});

test("days are written as where the browser's person lives", () => {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(["fr-FR", "en-GB", "en-US"]);
  const monday = new Date(2026, 10, 23);
  expect(dayName(monday)).toBe("Monday 23 November");
  expect(dayRange(monday, new Date(2026, 10, 29))).toMatch(/^23\s?–\s?29 Nov 2026$/);
});
