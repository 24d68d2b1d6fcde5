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

test("what is ahead is not told as less than it is", async () => {
  const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
  const ahead = (apart: number) => ago(apart, 0);
  expect(ahead(2 * hour - 2 * second)).toBe("in 2 hr.");
  expect(ahead(2 * hour - 90 * second)).toBe("in 1 hr. 59 min");
  expect(ahead(11 * hour + 9 * minute)).toBe("in 11 hr.");
  expect(ahead(11 * hour + 40 * minute)).toBe("in 12 hr.");
  expect(ahead(30 * day - 2 * second)).toBe("in 30 days");
  expect(ahead(day + 2 * hour)).toBe("in 1 day 2 hr");
  expect(ahead(day - second)).toBe("tomorrow");
  expect(ahead(90 * second)).toBe("in 1 min. 30 sec");
  expect(ahead(45 * second)).toBe("in 45 sec.");
  expect(ahead(300)).toBe("now");
  expect(ago(0, 2 * hour - 2 * second)).toBe("1 hr. ago");
  await speak("fr");
  expect(ahead(hour + 59 * minute)).toMatch(/^dans 1\sh 59\smin$/);
});

test("days are written as where the browser's person lives", () => {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(["fr-FR", "en-GB", "en-US"]);
  const monday = new Date(2026, 10, 23);
  expect(dayName(monday)).toBe("Monday 23 November");
  expect(dayRange(monday, new Date(2026, 10, 29))).toMatch(/^23\s?–\s?29 Nov 2026$/);
});
