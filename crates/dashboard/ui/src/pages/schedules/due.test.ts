// All that is due is asked for, however often that is asked; what is due all the time is not listed.

import { expect, test } from "vitest";
import { type Ask, dueBetween, MOST_SLOTS } from "./due";

const FROM = new Date("2026-11-01T00:00:00Z");
const TO = new Date("2026-12-01T00:00:00Z");
const HOUR = 3_600_000;

/** What a server answers about a schedule that fires so often. */
function every(milliseconds: number): { ask: Ask; asked: () => number } {
  let asked = 0;
  const ask: Ask = async (from, to) => {
    asked++;
    const slots: string[] = [];
    let at = Math.ceil(from.getTime() / milliseconds) * milliseconds;
    for (; at < to.getTime() && slots.length < MOST_SLOTS; at += milliseconds) {
      slots.push(new Date(at).toISOString());
    }
    return slots;
  };
  return { ask, asked: () => asked };
}

test("what fires each six hours is told in full", async () => {
  const { ask, asked } = every(6 * HOUR);
  const due = await dueBetween(ask, FROM, TO);
  expect(due.often).toBe(false);
  expect(due.slots).toHaveLength(120);
  expect(new Set(due.slots).size).toBe(120);
  expect(asked()).toBe(2);
});

test("what fires all the time is asked for once, and none of it is told", async () => {
  const { ask, asked } = every(10_000);
  expect(await dueBetween(ask, FROM, TO)).toEqual({ slots: [], often: true });
  expect(asked()).toBe(1);
});

test("the server is not asked without end", async () => {
  const { ask, asked } = every(HOUR / 2);
  expect(await dueBetween(ask, FROM, TO)).toEqual({ slots: [], often: true });
  expect(asked()).toBeLessThanOrEqual(8);
});

test("nothing is asked about a time that is over", async () => {
  const { ask, asked } = every(HOUR);
  expect(await dueBetween(ask, TO, FROM)).toEqual({ slots: [], often: false });
  expect(asked()).toBe(0);
});
