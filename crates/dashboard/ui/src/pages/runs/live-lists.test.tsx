// News of runs reaches the lists of them, also while a page is being read.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LiveEvents } from "@/api/live";
import { Wire, wire } from "@/api/wire";

/** What is asked of the server, and its answer, when the test gives it. */
interface Asked {
  cursor: string | null;
  answer: (ids: number[], next?: number) => void;
}
let asked: Asked[] = [];

beforeEach(() => {
  asked = [];
  Wire.all.length = 0;
  vi.stubGlobal("WebSocket", Wire);
  vi.stubGlobal("fetch", (request: Request) => {
    const cursor = new URL(request.url).searchParams.get("cursor");
    return new Promise((resolve) =>
      asked.push({
        cursor,
        answer: (ids, next) =>
          resolve(
            Response.json({
              items: ids.map((id) => ({ id: `run_${id}`, seq: id })),
              next_cursor: next === undefined ? null : String(next),
            }),
          ),
      }),
    );
  });
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const pass = (milliseconds = 1000) => act(() => vi.advanceTimersByTimeAsync(milliseconds));

/** Answers what is asked next; fails if nothing is. */
async function answer(cursor: string | null, ids: number[], next?: number) {
  const one = asked.shift();
  expect(one?.cursor).toBe(cursor);
  one?.answer(ids, next);
  await pass();
}

let position = 0;

/** News that everybody wants. */
function news() {
  position += 1;
  const event = { position, type: "run.started", subject: "run_4", data: { run_id: "run_4" } };
  for (const id of ["s0", "s1"]) act(() => wire().tell({ type: "event", id, event }));
}

function show<T>(use: () => T): { current: T } {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>
      <LiveEvents projectId="prj_1">{children}</LiveEvents>
    </QueryClientProvider>
  );
  const { result } = renderHook(use, { wrapper });
  act(() => wire().onopen?.());
  return result;
}

async function showRuns() {
  // The client takes what fetches when it is loaded.
  const { useRunWindow } = await import("./run-window");
  const runs = show(() => useRunWindow({}));
  await pass();
  return runs;
}

const idsOf = ({ current }: { current: { items: { id: string }[] } }) =>
  current.items.map(({ id }) => id);

it("reads the runs again if news came while the first page was being read", async () => {
  const runs = await showRuns();
  news();
  await pass();
  expect(asked.length).toBe(1);
  await answer(null, [3, 2]);
  await answer(null, [4, 3]);
  expect(idsOf(runs)).toEqual(["run_4", "run_3"]);
  expect(asked).toEqual([]);
});

it("reads the runs again if the next page was asked for meanwhile", async () => {
  const runs = await showRuns();
  await answer(null, [3, 2], 2);
  news();
  await pass();
  const [again] = asked.splice(0);
  act(() => runs.current.more());
  await pass();
  again?.answer([4, 3], 3);
  await pass();
  await answer("2", [1]);
  expect(idsOf(runs)).toEqual(["run_3", "run_2", "run_1"]);
  // It rests after a long reading.
  await pass(10_000);
  await answer(null, [4, 3], 3);
  expect(idsOf(runs)).toEqual(["run_4", "run_3"]);
});

it("reads the end of a journal again if news came while it was being read", async () => {
  const { useJournal } = await import("./journal-query");
  const journal = show(() => useJournal("run_1"));
  await pass();
  await answer(null, [1, 2], 2);
  act(() => journal.current.more());
  await pass();
  news();
  await pass();
  await answer("2", [3]);
  await answer("2", [3, 4]);
  expect(journal.current.items.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(asked).toEqual([]);
});
