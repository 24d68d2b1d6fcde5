// Whether few readings follow many reasons, and the last reason is never lost.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { gathered } from "./gathered";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Something to read that takes as long as the test wants. */
function slow() {
  const ends: (() => void)[] = [];
  const read = vi.fn(() => new Promise<void>((done) => ends.push(done)));
  return { read, end: () => ends.shift()?.() };
}

describe("gathered", () => {
  it("reads once for many reasons", async () => {
    const { read } = slow();
    const asked = gathered(read);
    for (let reason = 0; reason < 100; reason++) asked.ask();
    expect(read).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(250);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it("never reads twice at the same time, and reads once more for what came meanwhile", async () => {
    const { read, end } = slow();
    const asked = gathered(read);
    asked.ask();
    await vi.advanceTimersByTimeAsync(250);
    asked.ask();
    asked.ask();
    await vi.advanceTimersByTimeAsync(5000);
    expect(read).toHaveBeenCalledTimes(1);
    end();
    await vi.advanceTimersByTimeAsync(2 * 5000);
    expect(read).toHaveBeenCalledTimes(2);
    end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it("rests after a long reading", async () => {
    const { read, end } = slow();
    const asked = gathered(read);
    asked.ask();
    await vi.advanceTimersByTimeAsync(250 + 1000);
    asked.ask();
    end();
    await vi.advanceTimersByTimeAsync(1900);
    expect(read).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it("goes on after a reading that failed", async () => {
    const read = vi.fn(() => Promise.reject(new Error("no")));
    const asked = gathered(read);
    asked.ask();
    await vi.advanceTimersByTimeAsync(250);
    asked.ask();
    await vi.advanceTimersByTimeAsync(250);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it("does nothing after its end", async () => {
    const { read } = slow();
    const asked = gathered(read);
    asked.ask();
    asked.end();
    asked.ask();
    await vi.advanceTimersByTimeAsync(1000);
    expect(read).not.toHaveBeenCalled();
  });
});
