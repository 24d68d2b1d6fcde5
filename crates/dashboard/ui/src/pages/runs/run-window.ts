// The list of runs as far as one has scrolled, of which only what is seen is kept fresh.

import {
  type InfiniteData,
  type QueryKey,
  useInfiniteQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import type { Schemas } from "@/api/client";
import { useChanges } from "@/api/live";
import type { ListPage, Paged } from "@/api/pages";
import { PAGE, type RunsWanted, readRuns } from "./queries";

type Run = Schemas["RunSummary"];
type Cursor = string | undefined;
/** Pages with the cursor that led to each. */
export type Pages = InfiniteData<ListPage<Run>, Cursor>;

/** The rows that are seen: the first and the last. */
export type Seen = [first: number, last: number];

/** The pages in which rows are. */
export function pagesOf({ pages }: Pages, [first, last]: Seen): [from: number, to: number] {
  let begin = 0;
  let from = 0;
  let to = 0;
  for (const [place, { items }] of pages.entries()) {
    if (begin <= first) from = place;
    if (begin <= last) to = place;
    begin += items.length;
  }
  return [from, to];
}

/**
 * Reads the pages that are seen again. Where the first one is, new runs come in above, and what is not
 * seen below is forgotten: it is read when one scrolls there. Further down, rows stay where they are.
 */
export async function reread(
  known: Pages,
  seen: Seen,
  read: (cursor: Cursor) => Promise<ListPage<Run>>,
): Promise<Pages> {
  const [from, to] = pagesOf(known, seen);
  if (from > 0) {
    const pages = [...known.pages];
    for (let place = from; place <= to; place++) pages[place] = await read(known.pageParams[place]);
    return { ...known, pages };
  }
  const fresh: Pages = { pages: [], pageParams: [] };
  let cursor: Cursor;
  for (let place = 0; place <= to; place++) {
    const page = await read(cursor);
    fresh.pages.push(page);
    fresh.pageParams.push(cursor);
    cursor = page.next_cursor ?? undefined;
    if (cursor === undefined) break;
  }
  return fresh;
}

/** The runs of all pages, each once: one that was read anew may overlap the next. */
export function rowsOf({ pages }: Pages): Run[] {
  const ids = new Set<string>();
  return pages.flatMap(({ items }) =>
    items.filter(({ id }) => {
      if (ids.has(id)) return false;
      ids.add(id);
      return true;
    }),
  );
}

/** Runs, the latest first. `see` tells which rows are seen. */
export function useRunWindow(wanted: RunsWanted): Paged<Run> & { see: (seen: Seen) => void } {
  const { status, pipelineId, agentId, children, deliveries } = wanted;
  const client = useQueryClient();
  const key = ["run-window", status, pipelineId, agentId, children, deliveries];
  const seen = useRef<Seen>([0, 0]);
  const query = useInfiniteQuery<ListPage<Run>, Error, Pages, QueryKey, Cursor>({
    queryKey: key,
    queryFn: ({ pageParam }) => readRuns(wanted, pageParam),
    initialPageParam: undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    meta: { rereadsItself: true },
  });
  const { isFetching } = query;
  const refresh = async () => {
    const isRead = () => client.isFetching({ queryKey: key, exact: true }) > 0;
    // A page on its way may be older than the news, and takes the place of what is known now.
    if (isRead()) return ask();
    const known = client.getQueryData<Pages>(key);
    if (known === undefined) return;
    const fresh = await reread(known, seen.current, (cursor) => readRuns(wanted, cursor));
    // Whoever has scrolled on meanwhile keeps what they read.
    if (isRead() || client.getQueryData(key) !== known) ask();
    else client.setQueryData(key, fresh);
  };
  const ask = useChanges({ types: ["run.*", "approval.*"] }, refresh);
  const name = JSON.stringify(key);
  // What came while nobody looked.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each list that is opened
  useEffect(() => {
    if (client.getQueryData(key) !== undefined) void refresh().catch(() => {});
  }, [name]);
  const items = useMemo(() => (query.data ? rowsOf(query.data) : []), [query.data]);
  return {
    items,
    error: query.error,
    isPending: query.isPending,
    isFetching,
    hasMore: query.hasNextPage,
    more: () => {
      if (!isFetching) void query.fetchNextPage();
    },
    retry: () => {
      if (query.data === undefined) void query.refetch();
      else if (query.isFetchNextPageError) void query.fetchNextPage();
      else void refresh().catch(() => {});
    },
    at: query.dataUpdatedAt,
    see: (rows) => {
      const wasBelow = seen.current[0] >= PAGE;
      seen.current = rows;
      // New runs have not come in while one was further down.
      if (wasBelow && rows[0] < PAGE) void refresh().catch(() => {});
    },
  };
}
