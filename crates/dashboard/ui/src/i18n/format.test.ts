// Numbers and times read as people write them.

import { beforeEach, expect, test } from "vitest";
import { speak } from ".";
import { ago, money, took } from "./format";

beforeEach(() => speak("en"));

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

test("the language is the person's", async () => {
  expect(ago(0, 120_000)).toBe("2 min. ago");
  await speak("fr");
  expect(ago(0, 120_000)).toContain("il y a 2");
  expect(money(2_500_000)).toMatch(/2,50/);
});
