// Versions: which are compared, which can be used again, and what is said if that fails.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Tooltip } from "radix-ui";
import { afterEach, expect, test, vi } from "vitest";
import { Problem } from "@/api/problem";
import { ToastPlace } from "./toast";
import { Versions } from "./versions";

afterEach(cleanup);

const TEXTS = ["name: c", "name: b", "name: a"];
const ITEMS = TEXTS.map((text, place) => ({
  id: `v${3 - place}`,
  number: 3 - place,
  created_at: "2026-01-05T08:00:00Z",
  text,
}));

function show(restore: ((version: { id: string }) => Promise<unknown>) | false, count = 3) {
  const client = new QueryClient();
  const invalidated = vi.spyOn(client, "invalidateQueries");
  const versions = {
    items: ITEMS.slice(3 - count),
    error: null,
    isPending: false,
    isFetching: false,
    hasMore: false,
    more: () => {},
    retry: () => {},
    at: 0,
  };
  render(
    <QueryClientProvider client={client}>
      <Tooltip.Provider>
        <ToastPlace>
          <Versions
            versions={versions}
            present={versions.items[0]?.id ?? ""}
            textOf={({ text }) => text}
            restore={restore}
            kind="agents"
          />
        </ToastPlace>
      </Tooltip.Provider>
    </QueryClientProvider>,
  );
  return invalidated;
}

const compared = () => screen.getByRole("region", { name: /^Changes from/ }).textContent;

test("the newest two are compared until others are chosen", async () => {
  const user = userEvent.setup();
  show(false);
  expect(compared()).toContain("name: b");
  expect(compared()).toContain("name: c");
  await user.selectOptions(screen.getByLabelText("Compare"), "v1");
  expect(compared()).toContain("name: a");
  expect(compared()).not.toContain("name: b");
  expect(screen.queryByRole("button", { name: /again/ })).toBeNull();
});

test("a single version has nothing to be compared with, and is not offered again", () => {
  show(async () => {}, 1);
  expect(screen.getByText(/one version so far/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: /again/ })).toBeNull();
});

test("an older version is used again, and the newest is read if somebody was faster", async () => {
  const user = userEvent.setup();
  const restore = vi
    .fn<(version: { id: string }) => Promise<unknown>>()
    .mockRejectedValueOnce(new Problem(412, { detail: "it has changed" }))
    .mockResolvedValueOnce({});
  const invalidated = show(restore);
  await user.click(screen.getByRole("button", { name: "Use version 2 again" }));
  const confirm = () => user.click(screen.getByRole("button", { name: "Use version 2 again" }));
  await confirm();
  expect((await screen.findByRole("alert")).textContent).toContain("it has changed");
  expect(invalidated).toHaveBeenCalledWith({ queryKey: ["agents"] });
  await confirm();
  await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
  expect(restore.mock.calls.map(([{ id }]) => id)).toEqual(["v2", "v2"]);
});
