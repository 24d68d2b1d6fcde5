// A list is read to its end, but not without end.

import { expect, test, vi } from "vitest";
import { allPages, MOST_PAGES } from "./all-pages";

test("every page is read, each from where the one before ended", async () => {
  const read = vi.fn(async (cursor: string | undefined) =>
    cursor === undefined ? { items: [1, 2], next_cursor: "c" } : { items: [3], next_cursor: null },
  );
  expect(await allPages(read)).toEqual({ items: [1, 2, 3], isWhole: true });
  expect(read.mock.calls).toEqual([[undefined], ["c"]]);
});

test("a list without end is read up to the bound, and is said not to be whole", async () => {
  const read = vi.fn(async () => ({ items: [1], next_cursor: "c" }));
  const { items, isWhole } = await allPages(read);
  expect(isWhole).toBe(false);
  expect(items).toHaveLength(MOST_PAGES);
  expect(read).toHaveBeenCalledTimes(MOST_PAGES);
});
