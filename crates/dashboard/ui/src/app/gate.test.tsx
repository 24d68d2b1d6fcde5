// Whether what is open outlives a session that is lost, and goes before anybody else comes.

import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Dialog, Tooltip } from "radix-ui";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api, body } from "@/api/client";
import { ToastPlace } from "@/design/toast";
import { Gate } from "./gate";

// The client of the API takes what asks the server when it is made.
const network = vi.hoisted(() => {
  const network = { server: async (_: Request) => new Response() };
  vi.stubGlobal("fetch", (request: Request) => network.server(request));
  return network;
});

/** Who is signed in, and how often the page was read. */
let signedIn: string | null;
let token: string;
let reads: number;
let client: QueryClient;

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status });
}

async function server(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname.replace("/api/v1/", "");
  if (path === "auth/login") {
    const { email } = (await request.json()) as { email: string };
    signedIn = email;
    token = crypto.randomUUID();
    return answer(200, {});
  }
  if (signedIn === null) return answer(401, { code: "unauthenticated" });
  if (request.method === "POST" && request.headers.get("x-csrf-token") !== token) {
    return answer(403, { code: "csrf_failed" });
  }
  if (path === "runs") reads += 1;
  if (path !== "auth/me") return answer(200, { items: [] });
  const user = { id: signedIn, email: signedIn, name: signedIn };
  const project = { id: "prj_a", name: "First" };
  return answer(200, {
    user,
    project,
    csrf_token: token,
    permissions: [],
    role: "owner",
    server_role: "owner",
  });
}

/** A connection for events that never comes about. */
class NoSocket {
  close() {}
}

function PageWithWindow() {
  const runs = useQuery({
    queryKey: ["runs"],
    queryFn: () => body(api.GET("/api/v1/runs")),
    retry: false,
  });
  return (
    <>
      <input aria-label="Note" />
      <button type="button" onClick={() => void runs.refetch()}>
        Read
      </button>
      <button type="button" onClick={() => void api.POST("/api/v1/auth/logout").catch(() => {})}>
        Make
      </button>
      <Dialog.Root>
        <Dialog.Trigger>Open</Dialog.Trigger>
        <Dialog.Portal>
          <Dialog.Content aria-describedby={undefined}>
            <Dialog.Title>Window</Dialog.Title>
            <input aria-label="In the window" />
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
    </>
  );
}

beforeEach(async () => {
  network.server = server;
  vi.stubGlobal("WebSocket", NoSocket);
  signedIn = "ada@example.com";
  token = "first";
  reads = 0;
  client = new QueryClient();
  const root = createRootRoute({ component: Gate });
  const home = createRoute({ getParentRoute: () => root, path: "/", component: PageWithWindow });
  const router = createRouter({
    routeTree: root.addChildren([home]),
    history: createMemoryHistory(),
  });
  render(
    <QueryClientProvider client={client}>
      <Tooltip.Provider>
        <ToastPlace>
          <RouterProvider router={router as never} />
        </ToastPlace>
      </Tooltip.Provider>
    </QueryClientProvider>,
  );
  await userEvent.type(await screen.findByLabelText("Note"), "half a thought");
});
afterEach(() => {
  cleanup();
  sessionStorage.clear();
  localStorage.clear();
});

/** The session ends elsewhere, and the page finds out. */
async function lose() {
  signedIn = null;
  await userEvent.click(screen.getByRole("button", { name: "Read" }));
  await screen.findByText(/Sign in as ada@example.com/);
}

async function signIn(email: string) {
  await userEvent.type(screen.getByLabelText(/E-mail/), email);
  await userEvent.type(screen.getByLabelText(/Password/), "plum orbit kettle 42");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  await waitFor(() => expect(screen.queryByLabelText(/Password/)).toBeNull());
}

const note = () => screen.getByLabelText<HTMLInputElement>("Note");

test("the same person goes on where they were, and sees what is new", async () => {
  await lose();
  expect(note().closest("[inert]")).not.toBeNull();
  await userEvent.keyboard("{Escape}{Control>}k{/Control}");
  expect(screen.getAllByRole("dialog")).toHaveLength(1);
  const before = reads;
  void client.invalidateQueries({ queryKey: ["runs"] });
  expect(client.getQueryState(["runs"])?.fetchStatus).toBe("paused");

  await signIn("ada@example.com");
  expect(note().value).toBe("half a thought");
  expect(note().closest("[inert]")).toBeNull();
  await waitFor(() => expect(reads).toBe(before + 1));
  await waitFor(() =>
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Read" })),
  );
});

test("a window that is open stays, with what is written in it", async () => {
  await userEvent.click(screen.getByRole("button", { name: "Open" }));
  await userEvent.type(screen.getByLabelText("In the window"), "more");
  signedIn = null;
  void client.invalidateQueries({ queryKey: ["runs"] });
  await screen.findByText(/Sign in as ada@example.com/);
  await signIn("ada@example.com");
  expect(screen.getByLabelText<HTMLInputElement>("In the window").value).toBe("more");
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText("In the window")));
});

test("another person finds nothing of whoever was there", async () => {
  await lose();
  await signIn("bob@example.com");
  await waitFor(() => expect(note().value).toBe(""));
});

test("whoever signs in in another tab takes over this one", async () => {
  signedIn = "bob@example.com";
  const other = new BroadcastChannel("gathering.session");
  other.postMessage("in");
  await waitFor(() => expect(note().value).toBe(""));
  other.postMessage("out");
  await screen.findByLabelText(/Password/);
  expect(screen.queryByLabelText("Note")).toBeNull();
  other.close();
});

test("a token that is refused shows who is signed in now", async () => {
  signedIn = "bob@example.com";
  token = "of bob";
  await userEvent.click(screen.getByRole("button", { name: "Make" }));
  await waitFor(() => expect(note().value).toBe(""));
});
