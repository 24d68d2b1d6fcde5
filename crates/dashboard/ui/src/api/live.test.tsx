// What is read again, and when: at news of it, and when the server can be asked again.

import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { act, cleanup, render } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LiveEvents, useChanges } from "./live";
import { Wire, wire } from "./wire";

beforeEach(() => {
  Wire.all.length = 0;
  vi.stubGlobal("WebSocket", Wire);
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

type Read = () => Promise<unknown>;

function Query({ of, read, itself }: { of: string; read: Read; itself: boolean }) {
  useQuery({ queryKey: [of], queryFn: read, meta: { rereadsItself: itself } });
  return null;
}

function Changes({ reread }: { reread: Read }) {
  useChanges({ types: ["run.*"] }, reread);
  return null;
}

const pass = (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds));

/** Shows what is read under an open connection. */
async function open(queries: Record<string, Read>, itself = false, reread?: Read) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <LiveEvents projectId="prj_1">
        {Object.entries(queries).map(([of, read]) => (
          <Query key={of} of={of} read={read} itself={itself} />
        ))}
        {reread && <Changes reread={reread} />}
      </LiveEvents>
    </QueryClientProvider>,
  );
  act(() => wire().onopen?.());
  await pass(1000);
}

/** The connection is lost, and comes back. */
async function loseAndFind() {
  act(() => wire().close());
  await pass(500);
  act(() => wire().onopen?.());
  await pass(1000);
}

test("what was read is read again when a lost connection is back", async () => {
  const read = vi.fn(async () => "read");
  await open({ triggers: read });
  expect(read).toHaveBeenCalledTimes(1);
  await loseAndFind();
  expect(read).toHaveBeenCalledTimes(2);
});

test("what keeps itself fresh does so then, and is read whole only if it never was", async () => {
  const reread = vi.fn(async () => {});
  const known = vi.fn(async () => "read");
  const failed = vi.fn(async () => Promise.reject(new Error("no server")));
  await open({ known, failed }, true, reread);
  expect(reread).not.toHaveBeenCalled();
  await loseAndFind();
  expect(reread).toHaveBeenCalledTimes(1);
  expect(known).toHaveBeenCalledTimes(1);
  expect(failed).toHaveBeenCalledTimes(2);
});

test.each([
  ["run.cancelled", 2],
  ["run.step.failed", 1],
])("approvals after %s are read %i times: they end with their run", async (type, times) => {
  const read = vi.fn(async () => "read");
  await open({ approvals: read });
  const event = { position: 1, type, subject: "run_1", data: { run_id: "run_1" } };
  act(() => wire().tell({ type: "event", id: "s0", event }));
  await pass(1000);
  expect(read).toHaveBeenCalledTimes(times);
});
