// Lists that are needed whole, to choose from or to name by: read page by page, up to a bound.

import type { ListPage } from "./pages";

/** The most pages that are read of one list. */
export const MOST_PAGES = 20;

/** A list, and whether it is all that there is. */
export interface Whole<T> {
  items: T[];
  isWhole: boolean;
}

/** Reads all pages of a list; where there are more than the bound, the first ones. */
export async function allPages<T>(
  read: (cursor: string | undefined) => Promise<ListPage<T>>,
): Promise<Whole<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const next = await read(cursor);
    items.push(...next.items);
    cursor = next.next_cursor ?? undefined;
    if (cursor === undefined) return { items, isWhole: true };
  }
  return { items, isWhole: false };
}
