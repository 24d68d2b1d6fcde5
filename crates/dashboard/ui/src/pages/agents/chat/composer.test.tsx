// What is written while a message is on its way is not lost.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { forgetDrafts } from "@/app/kept";
import { Composer } from "./composer";

// The client takes the browser's `fetch` when it is loaded.
const server = vi.hoisted(() => {
  const answers = { of: async (_: Request): Promise<Response> => new Response() };
  vi.stubGlobal("fetch", (request: Request) => answers.of(request));
  return answers;
});
vi.mock("@/app/session", () => ({ useSession: () => ({ user: { id: "usr_a" } }) }));

afterEach(() => {
  cleanup();
  forgetDrafts();
});

/** The field in the thread that is open, or in the one that is begun by it. */
function Chat({ begins = false }: { begins?: boolean }) {
  const [thread, setThread] = useState(begins ? null : "thr_1");
  return (
    <QueryClientProvider client={new QueryClient()}>
      <Composer key={thread} agentId="agt_1" threadId={thread} focused={false} onSent={setThread} />
    </QueryClientProvider>
  );
}

/** A server that takes a message when it is told to, and says which it was sent. */
function slow() {
  const sent: string[] = [];
  let take = () => {};
  server.of = async (request) => {
    if (request.url.endsWith("/threads")) return Response.json({ id: "thr_2" }, { status: 201 });
    sent.push(((await request.json()) as { text: string }).text);
    await new Promise<void>((taken) => {
      take = taken;
    });
    return Response.json({}, { status: 202 });
  };
  return { sent, take: () => take() };
}

const field = () => screen.getByRole<HTMLTextAreaElement>("textbox");

test.each([false, true])(
  "the text that was sent goes, another stays: begins %s",
  async (begins) => {
    const asked = slow();
    const user = userEvent.setup();
    render(<Chat begins={begins} />);
    await user.type(field(), "One{Enter}");
    await waitFor(() => expect(asked.sent).toEqual(["One"]));
    await user.type(field(), ", and two");
    asked.take();
    await waitFor(() => expect(screen.getByRole("button").getAttribute("aria-busy")).toBeNull());
    expect(field().value).toBe("One, and two");

    await user.type(field(), "{Enter}");
    await waitFor(() => expect(asked.sent).toEqual(["One", "One, and two"]));
    asked.take();
    await waitFor(() => expect(field().value).toBe(""));
  },
);
