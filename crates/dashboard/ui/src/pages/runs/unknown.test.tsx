// The page of a run finds its unknown outcomes, however many others the project has.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { Tooltip } from "radix-ui";
import { afterEach, expect, it, vi } from "vitest";
import { ToastPlace } from "@/design/toast";

vi.mock("@/app/session", () => ({ useSession: () => ({ may: () => true }) }));
vi.mock("./run-link", () => ({ RunLink: ({ id }: { id: string }) => <a href={id}>{id}</a> }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("asks for those of the run, and of each below it", async () => {
  vi.stubGlobal("fetch", async (request: Request) => {
    const runId = new URL(request.url).searchParams.get("run_id") ?? "run_other";
    const items = [{ effect_id: `eff_${runId}`, run_id: runId, key: `pay ${runId}`, attempt: 1 }];
    return Response.json({
      items: items.map((one) => ({ ...one, since: "2026-01-01T00:00:00Z" })),
    });
  });
  // The client takes what fetches when it is loaded.
  const { UnknownOutcomes } = await import("./unknown");
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Tooltip.Provider>
        <ToastPlace>
          <UnknownOutcomes runId="run_1" below={["run_2"]} />
        </ToastPlace>
      </Tooltip.Provider>
    </QueryClientProvider>,
  );
  expect(await screen.findByText(/pay run_1/)).toBeDefined();
  expect(await screen.findByText(/pay run_2/)).toBeDefined();
  expect(screen.getAllByRole("button", { name: "Resolve" }).length).toBe(2);
});
