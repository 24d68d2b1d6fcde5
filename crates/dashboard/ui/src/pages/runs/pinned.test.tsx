// A run keeps its graph, whatever has become of its pipeline.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("reads the version of a run without a pipeline by its own id", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    asked.push(new URL(request.url).pathname);
    return Response.json({
      number: 1,
      definition: { nodes: [{ id: "start", type: "trigger" }], edges: [] },
    });
  });
  // The client takes what fetches when it is loaded.
  const { hasGraph, usePinned } = await import("./queries");
  const run = { machine: "pipeline", pipeline_id: null, pipeline_version_id: "piv_1" };
  expect(hasGraph(run)).toBe(true);
  expect(hasGraph({ machine: "agent_turn", pipeline_version_id: null })).toBe(false);
  const client = new QueryClient();
  const { result } = renderHook(() => usePinned(run), {
    wrapper: ({ children }: { children: ReactNode }) => (
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    ),
  });
  await waitFor(() => expect(result.current.data?.definition.nodes[0]?.id).toBe("start"));
  expect(asked).toEqual(["/api/v1/pipeline-versions/piv_1"]);
});
