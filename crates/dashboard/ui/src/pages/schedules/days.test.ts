// Days are days of the reader's zone, also where clocks change in them.

import { afterAll, beforeAll, expect, test } from "vitest";
import { beginOf, dayAfter, dayByKey, dayKey, spanAfter, weeksOf } from "./days";

const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = "Europe/Paris";
});
afterAll(() => {
  process.env.TZ = zone;
});

test("a month is shown in whole weeks, from a Monday", () => {
  const weeks = weeksOf("month", beginOf("month", new Date(2026, 10, 23)));
  expect(weeks.map((week) => week.length)).toEqual([7, 7, 7, 7, 7, 7]);
  expect(dayKey(weeks[0]?.[0] as Date)).toBe("2026-10-26");
  expect(dayKey(weeks[5]?.[6] as Date)).toBe("2026-12-6");
});

test("no day is left out or comes twice in the weeks in which clocks change", () => {
  for (const [day, hours] of [
    [new Date(2026, 2, 29), 23],
    [new Date(2026, 9, 25), 25],
  ] as const) {
    expect((dayAfter(day, 1).getTime() - day.getTime()) / 3_600_000).toBe(hours);
    const [week = []] = weeksOf("week", beginOf("week", day));
    expect(new Set(week.map(dayKey)).size).toBe(7);
    expect(week.every((one) => one.getHours() === 0)).toBe(true);
    expect(dayKey(week[6] as Date)).toBe(dayKey(day));
  }
});

test("a slot belongs to the day that it is at the reader's", () => {
  expect(dayKey(new Date("2026-10-25T00:30:00Z"))).toBe("2026-10-25");
  expect(dayKey(new Date("2026-10-25T22:59:00Z"))).toBe("2026-10-25");
  expect(dayKey(new Date("2026-10-25T23:00:00Z"))).toBe("2026-10-26");
});

test("keys lead from day to day, and spans follow each other", () => {
  const day = new Date(2026, 9, 25);
  const led = (key: string) => dayKey(dayByKey(key, day) as Date);
  expect(["ArrowRight", "ArrowUp", "Home", "End"].map(led)).toEqual([
    "2026-10-26",
    "2026-10-18",
    "2026-10-19",
    "2026-10-25",
  ]);
  expect(dayByKey("a", day)).toBeNull();
  expect(dayKey(spanAfter("week", beginOf("week", day), 1))).toBe("2026-10-26");
  expect(dayKey(spanAfter("month", beginOf("month", new Date(2026, 0, 31)), 1))).toBe("2026-2-1");
});
