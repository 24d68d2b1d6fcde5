// Numbers, lists and links of the first page say the same.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Tooltip } from "radix-ui";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { ToastPlace } from "@/design/toast";

vi.mock("@/app/session", () => ({ useSession: () => ({ may: () => true }) }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const USAGE = {
  runs: [
    { status: "failed", count: 30 },
    { status: "timed_out", count: 4 },
  ],
  cost_micro_usd: 0,
  unpriced_calls: 0,
  input_tokens: 0,
  output_tokens: 0,
};

/** What the server answers, by the last part of a path. */
let answers: Record<string, object> = {};

async function showHome(given: Record<string, object>) {
  answers = { usage: USAGE, ...given };
  vi.stubGlobal("fetch", async (request: Request) => {
    const name = new URL(request.url).pathname.split("/").at(-1) ?? "";
    return Response.json(answers[name] ?? { items: [] });
  });
  // The client takes what fetches when it is loaded.
  const { default: Home } = await import("./home");
  const root = createRootRoute();
  const at = (path: string, component: () => ReactNode) =>
    createRoute({ getParentRoute: () => root, path, component });
  const nothing = () => null;
  const routes = ["/runs", "/runs/$runId", "/approvals"].map((path) => at(path, nothing));
  const router = createRouter({
    routeTree: root.addChildren([at("/", Home), ...routes]),
    history: createMemoryHistory({ initialEntries: ["/"] }),
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Tooltip.Provider>
        <ToastPlace>
          <RouterProvider router={router as never} />
        </ToastPlace>
      </Tooltip.Provider>
    </QueryClientProvider>,
  );
}

it("counts today's failures without a link that lists others, and links to each list", async () => {
  await showHome({});
  const name = await screen.findByText("Failed or timed out");
  expect(name.nextElementSibling?.textContent).toBe("34");
  expect(name.nextElementSibling?.querySelector("a")).toBeNull();
  const to = (link: string) => screen.getByRole("link", { name: link }).getAttribute("href");
  expect(to("All failed runs")).toBe("/runs?status=failed");
  expect(to("All that timed out")).toBe("/runs?status=timed_out");
});

it("says how many more outcomes are unknown, and shows them", async () => {
  const items = Array.from({ length: 11 }, (_, place) => ({
    effect_id: `eff_${place}`,
    run_id: "run_1",
    key: `pay/${place}`,
    attempt: 1,
    since: "2026-01-01T00:00:00Z",
  }));
  await showHome({ "unknown-outcomes": { items } });
  await userEvent.click(
    await screen.findByRole("button", { name: "Show 3 more whose outcome is unknown" }),
  );
  expect(screen.getAllByRole("button", { name: "Resolve" }).length).toBe(11);
  expect(screen.queryByRole("button", { name: /more/ })).toBeNull();
});
