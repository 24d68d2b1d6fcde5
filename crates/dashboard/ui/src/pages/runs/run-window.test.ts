// Whether a long list is kept fresh by few readings, without holes and without doubles.

import { describe, expect, it, vi } from "vitest";
import { type Pages, pagesOf, reread, rowsOf } from "./run-window";

/** Runs by number, the latest (highest) first, two on a page; the cursor is the last one of a page. */
function server(numbers: number[]) {
  return vi.fn(async (cursor: string | undefined) => {
    const rest = numbers.filter((number) => cursor === undefined || number < Number(cursor));
    const items = rest.slice(0, 2).map((number) => ({ id: `run_${number}` }) as never);
    return { items, next_cursor: rest.length > 2 ? String(rest[1]) : null };
  });
}

async function readAll(numbers: number[]): Promise<Pages> {
  const read = server(numbers);
  const all: Pages = { pages: [], pageParams: [] };
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    all.pages.push(page);
    all.pageParams.push(cursor);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

const ids = (pages: Pages) => rowsOf(pages).map(({ id }) => id);

describe("pagesOf", () => {
  it("finds the pages of rows", async () => {
    const all = await readAll([6, 5, 4, 3, 2, 1]);
    expect(pagesOf(all, [0, 1])).toEqual([0, 0]);
    expect(pagesOf(all, [1, 2])).toEqual([0, 1]);
    expect(pagesOf(all, [3, 5])).toEqual([1, 2]);
    expect(pagesOf(all, [0, 99])).toEqual([0, 2]);
  });
});

describe("reread", () => {
  it("lets new runs in at the top, with one reading", async () => {
    const known = await readAll([6, 5, 4, 3, 2, 1]);
    const read = server([8, 7, 6, 5, 4, 3, 2, 1]);
    const fresh = await reread(known, [0, 1], read);
    expect(read).toHaveBeenCalledTimes(1);
    expect(ids(fresh)).toEqual(["run_8", "run_7"]);
    expect(fresh.pages.at(-1)?.next_cursor).toBe("7");
  });

  it("leaves no hole between pages that are both seen", async () => {
    const known = await readAll([6, 5, 4, 3, 2, 1]);
    const fresh = await reread(known, [1, 2], server([7, 6, 5, 4, 3, 2, 1]));
    expect(ids(fresh)).toEqual(["run_7", "run_6", "run_5", "run_4"]);
  });

  it("leaves rows further down where they are", async () => {
    const known = await readAll([6, 5, 4, 3, 2, 1]);
    const read = server([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    const fresh = await reread(known, [4, 5], read);
    expect(read).toHaveBeenCalledTimes(1);
    expect(ids(fresh)).toEqual(ids(known));
  });

  it("shows a run once, also where those before it have left a filtered list", async () => {
    const known = await readAll([8, 7, 6, 5, 4, 3]);
    const fresh = await reread(known, [2, 3], server([8, 7, 4, 3, 2, 1]));
    expect(ids(fresh)).toEqual(["run_8", "run_7", "run_4", "run_3"]);
  });
});
