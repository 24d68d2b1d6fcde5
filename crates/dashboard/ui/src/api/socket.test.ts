// A subscription goes on where it was, whatever becomes of the connection.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Event, EventSocket } from "./socket";
import { Wire, wire } from "./wire";

function event(position: number): Partial<Event> {
  return { position, id: `evt_${position}`, type: "run.started" };
}

beforeEach(() => {
  Wire.all.length = 0;
  vi.stubGlobal("WebSocket", Wire);
  vi.useFakeTimers();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("after a loss it goes on after the last event that came", () => {
  const socket = new EventSocket("ws://here");
  const heard: (number | null | undefined)[] = [];
  socket.subscribe({ types: ["run.*"] }, { onEvent: ({ position }) => heard.push(position) });
  wire().onopen?.();
  expect(wire().said).toEqual([{ type: "subscribe", id: "s0", types: ["run.*"] }]);
  wire().tell({ type: "subscribed", id: "s0", resume_after: 10 });
  wire().tell({ type: "event", id: "s0", event: event(12) });
  wire().close();
  expect(socket.link).toBe("lost");
  vi.advanceTimersByTime(1000);
  wire().onopen?.();
  expect(wire().said).toEqual([{ type: "subscribe", id: "s0", types: ["run.*"], after: 12 }]);
  wire().tell({ type: "event", id: "s0", event: event(13) });
  expect(heard).toEqual([12, 13]);
  expect(socket.link).toBe("open");
});

test.each([{}, { after: -500 }])("%o, heard nothing, goes on from where it began", (wanted) => {
  const socket = new EventSocket("ws://here");
  socket.subscribe(wanted, { onEvent: () => {} });
  wire().onopen?.();
  wire().tell({ type: "subscribed", id: "s0", resume_after: 10 });
  wire().close();
  vi.advanceTimersByTime(1000);
  wire().onopen?.();
  expect(wire().said).toEqual([{ type: "subscribe", id: "s0", after: 10 }]);
});

test("whoever has gone is told nothing, and asked for no more", () => {
  const socket = new EventSocket("ws://here");
  const heard: unknown[] = [];
  const end = socket.subscribe({}, { onEvent: (told) => heard.push(told) });
  wire().onopen?.();
  end();
  expect(wire().said.at(-1)).toEqual({ type: "unsubscribe", id: "s0" });
  wire().tell({ type: "event", id: "s0", event: event(12) });
  expect(heard).toEqual([]);
});

test("what is missing is told", () => {
  const socket = new EventSocket("ws://here");
  let gaps = 0;
  socket.subscribe({ after: 1 }, { onEvent: () => {}, onGap: () => gaps++ });
  wire().onopen?.();
  wire().tell({ type: "gone", id: "s0", resume_after: 90 });
  wire().tell({ type: "lagged", id: "s0", resume_after: 90 });
  expect(gaps).toBe(2);
});

test("whoever listens is told that the connection is back, and not that it has begun", () => {
  const socket = new EventSocket("ws://here");
  let back = 0;
  socket.subscribe({}, { onEvent: () => {}, onBack: () => back++ });
  wire().onopen?.();
  expect(back).toBe(0);
  wire().close();
  vi.advanceTimersByTime(1000);
  expect(back).toBe(0);
  wire().onopen?.();
  expect(back).toBe(1);
});

test("pauses between tries grow up to ten seconds", () => {
  const socket = new EventSocket("ws://here");
  socket.subscribe({}, { onEvent: () => {} });
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  for (const pause of [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
    const before = Wire.all.length;
    wire().close();
    vi.advanceTimersByTime(pause - 1);
    expect(Wire.all.length).toBe(before);
    vi.advanceTimersByTime(1);
    expect(Wire.all.length).toBe(before + 1);
  }
});

test("a subscription opens a connection that was closed, and is said when it is open", () => {
  const socket = new EventSocket("ws://here");
  socket.subscribe({}, { onEvent: () => {} })();
  wire().onopen?.();
  socket.close();
  expect(socket.link).toBe("connecting");
  socket.subscribe({}, { onEvent: () => {} });
  socket.subscribe({ types: ["run.*"] }, { onEvent: () => {} });
  expect(Wire.all.length).toBe(2);
  expect(wire().said).toEqual([]);
  wire().onopen?.();
  expect(wire().said).toEqual([
    { type: "subscribe", id: "s1" },
    { type: "subscribe", id: "s2", types: ["run.*"] },
  ]);
});

test("a try at once takes the place of the one under way", () => {
  const socket = new EventSocket("ws://here");
  const heard: unknown[] = [];
  socket.subscribe({}, { onEvent: (told) => heard.push(told) });
  wire().close();
  vi.advanceTimersByTime(1000);
  const slow = wire();
  socket.retry();
  expect(wire()).not.toBe(slow);
  expect(slow.closed).toBe(true);
  slow.onopen?.();
  expect(socket.link).toBe("lost");
  expect(wire().said).toEqual([]);
  slow.tell({ type: "event", id: "s0", event: event(12) });
  expect(heard).toEqual([]);
  wire().onopen?.();
  expect(socket.link).toBe("open");
  vi.advanceTimersByTime(60_000);
  expect(wire().said.length).toBe(1);
});

test("a subscription during a pause opens one connection, not a second after it", () => {
  const socket = new EventSocket("ws://here");
  socket.subscribe({}, { onEvent: () => {} });
  wire().close();
  socket.subscribe({}, { onEvent: () => {} });
  expect(Wire.all.length).toBe(2);
  wire().onopen?.();
  vi.advanceTimersByTime(1000);
  expect(Wire.all.length).toBe(2);
});
