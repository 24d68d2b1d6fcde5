// The editor as people use it: canvas, forms and text say the same, and saving sends what they say.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { cleanup, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Tooltip } from "radix-ui";
import { afterEach, expect, it, vi } from "vitest";
import { ToastPlace } from "@/design/toast";

vi.mock("@/app/session", () => ({ useSession: () => ({ may: () => true }) }));
// Text is not laid out here.
vi.mock("./expression/code-field", () => ({
  CodeField: (field: {
    label: string;
    error?: string;
    value: string;
    onChange: (v: string) => void;
  }) => (
    <label>
      {field.label}
      <textarea value={field.value} onChange={({ target }) => field.onChange(target.value)} />
      <span>{field.error}</span>
    </label>
  ),
}));
vi.mock("./yaml-text", () => ({
  YamlText: ({ text, onChange }: { text: string; onChange: (text: string) => void }) => (
    <>
      <pre>{text}</pre>
      <textarea aria-label="YAML" onChange={({ target }) => onChange(target.value)} />
    </>
  ),
}));

const PIPELINE = {
  id: "pip_1",
  name: "triage",
  version: 3,
  version_id: "piv_1",
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
  definition: { name: "triage", nodes: [{ id: "start", type: "trigger" }] },
};
const TYPES = [
  { name: "trigger", summary: "The entry.", labels: [], fields: [], config_schema: {} },
  {
    name: "condition",
    summary: "An expression.",
    labels: ["true", "false"],
    fields: ["on_error"],
    config_schema: { properties: { when: { type: "string" } }, required: ["when"] },
  },
];

let serve: (request: Request) => Promise<Response>;

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** Opens the editor on a server that stores what it is sent; gives what was sent. */
async function openEditor(put: () => Response | Promise<Response> = stored) {
  const sent: Request[] = [];
  serve = async (request) => {
    const path = new URL(request.url).pathname;
    if (request.method === "PUT") {
      sent.push(request.clone());
      return put();
    }
    const answer = path.endsWith("/node-types")
      ? { items: TYPES }
      : path.endsWith("/runs")
        ? { items: [] }
        : path.endsWith("/validate")
          ? {
              valid: false,
              errors: [{ pointer: "/nodes/1/config/when", code: "x", message: "No expression." }],
            }
          : PIPELINE;
    return Response.json(answer);
  };
  vi.stubGlobal("matchMedia", (query: string) => ({
    matches: query.includes("min-width"),
    addEventListener() {},
    removeEventListener() {},
  }));
  // The client takes what fetches when it is loaded.
  vi.stubGlobal("fetch", (request: Request) => serve(request));
  const { default: Editor } = await import("./editor");
  const root = createRootRoute();
  const route = createRoute({
    getParentRoute: () => root,
    path: "/pipelines/$pipelineId/edit",
    component: Editor,
  });
  const away = createRoute({
    getParentRoute: () => root,
    path: "/pipelines/$pipelineId",
    component: () => <h1>The pipeline</h1>,
  });
  const router = createRouter({
    routeTree: root.addChildren([route, away]),
    history: createMemoryHistory({ initialEntries: ["/pipelines/pip_1/edit"] }),
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
  await screen.findByRole("button", { name: "condition" });
  return { sent, user: userEvent.setup() };
}

function stored(): Response {
  return Response.json({ ...PIPELINE, version: 4 });
}

it("adds a node, fills in its form, and saves under the version that was read", async () => {
  const { sent, user } = await openEditor();
  await user.click(screen.getByRole("button", { name: "condition" }));
  const form = screen.getByRole("group", { name: "Form" });
  await user.type(within(form).getByLabelText(/^when/), "input.ok");
  expect(await within(form).findByText("No expression.")).toBeDefined();
  await waitFor(() =>
    expect(document.querySelector("pre")?.textContent).toContain("when: input.ok"),
  );
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent.length).toBe(1));
  expect(sent[0]?.headers.get("if-match")).toBe('"3"');
  expect(await sent[0]?.json()).toEqual({
    name: "triage",
    nodes: [
      { id: "start", type: "trigger" },
      { id: "condition", type: "condition", config: { when: "input.ok" } },
    ],
    edges: [],
  });
  await user.click(await screen.findByRole("button", { name: "Undo (Ctrl Z)" }));
  await waitFor(() => expect(screen.getByText("Not saved")).toBeDefined());
}, 30_000);

it("saves nothing while a field cannot be read, leads to it, and keeps its text", async () => {
  const { sent, user } = await openEditor();
  const limits = () => screen.getByLabelText(/^Limits/) as HTMLTextAreaElement;
  await user.type(limits(), "timeout: 1h");
  await user.clear(limits());
  await user.type(limits(), "timeout: [[2h");
  expect(limits().value).toBe("timeout: [2h");
  const save = screen.getByRole<HTMLButtonElement>("button", { name: "Save" });
  expect(save.disabled).toBe(true);
  expect(screen.getByText("Not saved")).toBeDefined();

  await user.click(screen.getByRole("button", { name: "condition" }));
  expect(await screen.findByRole("heading", { name: /^Node: / })).toBeDefined();
  expect(screen.queryByLabelText(/^Limits/)).toBeNull();
  await user.click(screen.getByRole("button", { name: /“Limits” is not understood/ }));
  await waitFor(() => expect(document.activeElement).toBe(limits()));
  expect(limits().value).toBe("timeout: [2h");

  await user.click(screen.getByRole("link", { name: "Back" }));
  const leave = await screen.findByRole("dialog", { name: "Leave without saving?" });
  await user.click(within(leave).getByRole("button", { name: "Stay" }));

  await user.type(limits(), "]");
  expect(screen.queryByText(/is not understood/)).toBeNull();
  await user.click(save);
  await waitFor(() => expect(sent.length).toBe(1));
  expect(await sent[0]?.json()).toMatchObject({ limits: { timeout: ["2h"] } });
}, 30_000);

it("lets the canvas and the forms wait while the YAML is not understood, and gives them back", async () => {
  const { user } = await openEditor();
  const form = () => screen.getByRole<HTMLFieldSetElement>("group", { name: "Form" });
  const palette = screen.getByRole<HTMLButtonElement>("button", { name: "condition" });
  await user.type(screen.getByLabelText("YAML"), "name: [[");
  expect(await screen.findByText(/^The canvas and the form wait/)).toBeDefined();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Save" }).disabled).toBe(true);
  expect(palette.disabled).toBe(true);
  expect(form().disabled).toBe(true);
  await user.click(screen.getByRole("button", { name: "Take back the text" }));
  expect(screen.queryByText(/^The canvas and the form wait/)).toBeNull();
  expect(form().disabled).toBe(false);
  await user.click(screen.getByRole("button", { name: "Undo (Ctrl Z)" }));
  await waitFor(() => expect(document.querySelector("pre")?.textContent).toBe("name: ["));
}, 30_000);

it("asks before somebody leaves while it is being saved, and leaves once it is", async () => {
  let answer: (response: Response) => void = () => {};
  const put = () => new Promise<Response>((done) => (answer = done));
  const { sent, user } = await openEditor(put);
  const leave = async () => {
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() =>
      expect(screen.getByRole("button", { name: "Save", busy: true })).toBeDefined(),
    );
    await user.click(screen.getByRole("link", { name: "Back" }));
    return screen.findByRole("dialog", { name: "Leave without saving?" });
  };
  await user.type(screen.getByLabelText("Name"), "s");
  expect(within(await leave()).getByText(/still being saved/)).toBeDefined();
  answer(Response.json({ code: "broken", detail: "It broke." }, { status: 500 }));
  expect(await screen.findByText("Your changes to this pipeline are lost.")).toBeDefined();
  await user.click(screen.getByRole("button", { name: "Stay" }));
  await leave();
  await waitFor(() => expect(sent.length).toBe(2));
  answer(stored());
  expect(await screen.findByRole("heading", { name: "The pipeline" })).toBeDefined();
}, 30_000);

it("asks before the changes are dropped for what somebody else has stored", async () => {
  const { user } = await openEditor(() =>
    Response.json({ code: "precondition_failed", detail: "Changed." }, { status: 412 }),
  );
  await user.type(screen.getByLabelText("Name"), "s");
  await user.click(screen.getByRole("button", { name: "Save" }));
  const drop = "Discard my changes and load the saved version";
  await user.click(await screen.findByRole("button", { name: drop }));
  const ask = await screen.findByRole("alertdialog", { name: "Discard your changes?" });
  await user.click(within(ask).getByRole("button", { name: "Cancel" }));
  expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("triages");
  await user.click(screen.getByRole("button", { name: drop }));
  await user.click(
    within(await screen.findByRole("alertdialog")).getByRole("button", { name: drop }),
  );
  await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("triage"));
}, 30_000);
