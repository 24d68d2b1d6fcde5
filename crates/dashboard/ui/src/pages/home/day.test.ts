// Whether a day is the person's own, and runs are counted as they are.

import { describe, expect, it } from "vitest";
import type { Schemas } from "@/api/client";
import { dayOf, runsIn } from "./day";

describe("dayOf", () => {
  it("goes from midnight to midnight where the person is", () => {
    const { from, to } = dayOf(new Date(2026, 10, 23, 17, 42));
    expect(new Date(from)).toEqual(new Date(2026, 10, 23));
    expect(new Date(to)).toEqual(new Date(2026, 10, 24));
  });

  it("ends in the next month on its last day", () => {
    expect(new Date(dayOf(new Date(2026, 11, 31, 23, 59)).to)).toEqual(new Date(2027, 0, 1));
  });
});

describe("runsIn", () => {
  const usage: Pick<Schemas["RunsUsage"], "runs"> = {
    runs: [
      { status: "succeeded", count: 5 },
      { status: "failed", count: 2 },
      { status: "timed_out", count: 1 },
    ],
  };

  it("counts all, or those in some statuses", () => {
    expect(runsIn(usage)).toBe(8);
    expect(runsIn(usage, ["failed", "timed_out"])).toBe(3);
    expect(runsIn(usage, ["running"])).toBe(0);
  });
});
