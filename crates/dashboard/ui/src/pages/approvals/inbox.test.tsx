// What somebody has begun to answer stays, also while the server cannot be asked.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { act, cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Tooltip } from "radix-ui";
import { afterEach, expect, it, vi } from "vitest";
import { ToastPlace } from "@/design/toast";

vi.mock("@/app/session", () => ({ useSession: () => ({ may: () => true, user: {} }) }));

const APPROVAL = {
  id: "apr_1",
  run_id: "run_1",
  title: "May the invoice be paid?",
  status: "open",
  asked_at: "2026-01-01T00:00:00Z",
  options: ["approved", "rejected"],
  deciders: [],
  may_decide: true,
};

const NOTE = /^Note for the record/;

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

it("keeps a note below the failure of reading the list again, until that succeeds", async () => {
  let down = false;
  vi.stubGlobal("fetch", async (request: Request) => {
    if (down) throw new TypeError("Failed to fetch");
    const isList = new URL(request.url).pathname.endsWith("/approvals");
    return Response.json({ items: isList ? [APPROVAL] : [] });
  });
  // The client takes what fetches when it is loaded.
  const { default: Approvals } = await import("./inbox");
  const root = createRootRoute();
  const at = (path: string, component: () => React.ReactNode) =>
    createRoute({ getParentRoute: () => root, path, component });
  const router = createRouter({
    routeTree: root.addChildren([at("/approvals", Approvals), at("/runs/$runId", () => null)]),
    history: createMemoryHistory({ initialEntries: ["/approvals"] }),
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <Tooltip.Provider>
        <ToastPlace>
          <RouterProvider router={router as never} />
        </ToastPlace>
      </Tooltip.Provider>
    </QueryClientProvider>,
  );
  await userEvent.type(await screen.findByLabelText(NOTE), "as agreed");
  down = true;
  await act(() => client.invalidateQueries({ queryKey: ["approvals"] }));
  expect((await screen.findByRole("alert")).textContent).toContain("cannot be reached");
  expect(screen.getByLabelText<HTMLInputElement>(NOTE).value).toBe("as agreed");
  down = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  await vi.waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
  expect(screen.getByLabelText<HTMLInputElement>(NOTE).value).toBe("as agreed");
});
