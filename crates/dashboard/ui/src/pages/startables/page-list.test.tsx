// What was read stays on the page, whatever becomes of reading it again.

import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import type { Paged } from "@/api/pages";
import { Unreachable } from "@/api/problem";
import { PageList } from "./page-list";

afterEach(cleanup);

function list(of: Partial<Paged<string>>): Paged<string> {
  return {
    items: [],
    error: null,
    isPending: false,
    isFetching: false,
    hasMore: false,
    more: () => {},
    retry: () => {},
    at: 1,
    ...of,
  };
}

function page(of: Partial<Paged<string>>) {
  return (
    <PageList list={list(of)} label="Things" head={<th>Name</th>} empty={<p>Nothing yet</p>}>
      {(name) => (
        <tr key={name}>
          <td>
            <input aria-label={name} />
          </td>
        </tr>
      )}
    </PageList>
  );
}

test("a failure stands above the rows, which stay as they were", async () => {
  const { rerender } = render(page({ items: ["one"] }));
  await userEvent.type(screen.getByLabelText("one"), "half");
  const retry = vi.fn();
  rerender(page({ items: ["one"], error: new Unreachable(null), retry }));
  expect(screen.getByLabelText<HTMLInputElement>("one").value).toBe("half");
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(retry).toHaveBeenCalledOnce();
});

test("what was never read is not said to be nothing", () => {
  render(page({ error: new Unreachable(null), at: 0 }));
  expect(screen.getByRole("alert")).toBeDefined();
  expect(screen.queryByText("Nothing yet")).toBeNull();
});
