// What the chat asks of a person is asked as anywhere else: with the agent's reason, and who was faster.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Tooltip } from "radix-ui";
import { afterEach, expect, test, vi } from "vitest";
import { ToastPlace } from "@/design/toast";
import { Asked } from "./exchange";

// The client takes the browser's `fetch` when it is loaded.
const server = vi.hoisted(() => {
  const answers = { of: async (_: Request): Promise<Response> => new Response() };
  vi.stubGlobal("fetch", (request: Request) => answers.of(request));
  return answers;
});
vi.mock("@/app/session", () => ({
  useSession: () => ({ may: () => true, user: { id: "usr_a", name: "Ada" } }),
}));

afterEach(cleanup);

const APPROVAL = {
  id: "apr_1",
  run_id: "run_1",
  title: "May it post?",
  key: "post",
  asked_at: "2026-01-01T00:00:00Z",
  status: "open",
  may_decide: true,
  deciders: [],
  options: ["approved", "rejected"],
  form: null,
  detail: {
    type: "tool_call",
    agent: "helper",
    tool: "post",
    arguments: { text: "Hello" },
    reason: "The person wanted it told to everybody.",
  },
};
const DECISION = {
  answer: "rejected",
  actor: { type: "user", user_id: "usr_b" },
  at: "2026-01-01T00:01:00Z",
};

test("a call says why it is made, and whoever is late is told who was faster", async () => {
  server.of = async ({ method, url }) => {
    if (method === "POST") return Response.json({ code: "already_decided" }, { status: 409 });
    if (url.includes("/users")) return Response.json({ items: [{ id: "usr_b", name: "Grace" }] });
    if (url.includes("/runs/")) return Response.json({ items: [APPROVAL] });
    return Response.json({ ...APPROVAL, status: "decided", decision: DECISION });
  };
  const user = userEvent.setup();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Tooltip.Provider>
        <ToastPlace>
          <Asked runId="run_1" open />
        </ToastPlace>
      </Tooltip.Provider>
    </QueryClientProvider>,
  );
  expect(await screen.findByText("The person wanted it told to everybody.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Approve" }));
  expect((await screen.findAllByText(/by Grace/)).length).toBeGreaterThan(0);
});
