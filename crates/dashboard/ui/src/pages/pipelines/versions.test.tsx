// A version is restored over what is stored, also if that was changed meanwhile.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import type { Schemas } from "@/api/client";
import { ToastPlace } from "@/design/toast";
import type { Versions } from "./versions";

type Pipeline = Schemas["Pipeline"];

vi.mock("@/app/session", () => ({ useSession: () => ({ may: () => true }) }));

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** The versions of a pipeline that is read. */
function Page({
  useRead,
  show: Shown,
}: {
  useRead: () => Pipeline | undefined;
  show: typeof Versions;
}) {
  const pipeline = useRead();
  return pipeline ? <Shown pipeline={pipeline} /> : null;
}

it("reads again after somebody else has changed the pipeline, and then restores", async () => {
  const definition = { name: "triage", nodes: [], edges: [] };
  const versionOf = (number: number) => ({
    id: `piv_${number}`,
    number,
    created_at: "2026-01-01T00:00:00Z",
    definition: { ...definition, description: `As of ${number}` },
  });
  let newest = 2;
  const asked: (string | null)[] = [];
  const pipeline = () => ({
    id: "pip_1",
    name: "triage",
    version: newest,
    version_id: `piv_${newest}`,
    definition,
  });
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method === "PUT") {
      const match = request.headers.get("if-match");
      asked.push(match);
      if (match === `"${newest}"`) return Response.json(pipeline());
      return Response.json({ code: "precondition_failed", detail: "Changed." }, { status: 412 });
    }
    if (!request.url.includes("/versions")) return Response.json(pipeline());
    const items = Array.from({ length: newest }, (_, at) => versionOf(newest - at));
    return Response.json({ items, next_cursor: null });
  });
  // The client takes what fetches when it is loaded.
  const { usePipeline } = await import("./queries");
  const { Versions } = await import("./versions");
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ToastPlace>
        <Page useRead={() => usePipeline("pip_1").data} show={Versions} />
      </ToastPlace>
    </QueryClientProvider>,
  );
  const user = userEvent.setup();
  const restore = () =>
    within(screen.getByRole("alertdialog")).getByRole("button", { name: /^Restore/ });
  await user.click(await screen.findByRole("button", { name: /^Restore/ }));
  newest = 3;
  await user.click(restore());
  expect(await screen.findByText(/Somebody has changed the pipeline meanwhile/)).toBeDefined();
  await user.click(restore());
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  expect(asked).toEqual(['"2"', '"3"']);
});
