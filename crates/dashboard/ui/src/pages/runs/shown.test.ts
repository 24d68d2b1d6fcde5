// Whether money, artifacts and times are read and shown as they are meant.

import { describe, expect, it } from "vitest";
import { lookOf } from "./artifacts";
import { microUsd } from "./budget";
import { barOf } from "./timeline";

describe("microUsd", () => {
  it("reads dollars with a point or a comma", () => {
    expect(microUsd("1.50")).toBe(1_500_000);
    expect(microUsd(" 0,000001 ")).toBe(1);
    expect(microUsd("20")).toBe(20_000_000);
  });

  it("refuses what is no amount, or finer than money is kept", () => {
    for (const text of ["", "abc", "-1", "1.2.3", "1e3", "0.0000001", "$5", "1,000.50"]) {
      expect(microUsd(text), text).toBeNull();
    }
  });
});

describe("lookOf", () => {
  it("shows what is harmless and small", () => {
    expect(lookOf("text/markdown; charset=utf-8", 10)).toBe("markdown");
    expect(lookOf("image/PNG", 10)).toBe("image");
    expect(lookOf("application/json", 10)).toBe("text");
    expect(lookOf("text/html", 10)).toBe("text");
    expect(lookOf("image/svg+xml", 10)).toBe("text");
    expect(lookOf("application/pdf", 10)).toBe("none");
    expect(lookOf("text/plain", 3_000_000)).toBe("none");
  });
});

describe("barOf", () => {
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();

  it("lies where the node ran, and is always seen", () => {
    expect(barOf({ started_at: at(25), ended_at: at(75) }, 0, 100_000)).toEqual({
      left: 25,
      width: 50,
    });
    expect(barOf({ started_at: at(100), ended_at: at(100) }, 0, 100_000)).toEqual({
      left: 99.25,
      width: 0.75,
    });
  });

  it("reaches to now for a node that runs, and is not there before it does", () => {
    expect(barOf({ started_at: at(50) }, 0, 100_000)).toEqual({ left: 50, width: 50 });
    expect(barOf({}, 0, 100_000)).toBeNull();
  });
});
