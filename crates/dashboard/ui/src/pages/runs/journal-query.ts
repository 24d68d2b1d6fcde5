// The journal of a run as far as it was read. It only grows, so that only its end is read again.

import { type InfiniteData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, body, type Schemas } from "@/api/client";
import { useChanges } from "@/api/live";
import type { ListPage, Paged } from "@/api/pages";

/** An entry of a journal. */
export type Entry = Schemas["JournalEntry"];

/** Entries that are asked for at once. */
const PAGE = 200;

type Cursor = string | undefined;

function readPage(runId: string, cursor: Cursor): Promise<ListPage<Entry>> {
  return body(
    api.GET("/api/v1/runs/{run_id}/journal", {
      params: { path: { run_id: runId }, query: { limit: PAGE, ...(cursor && { cursor }) } },
    }),
  );
}

/** Reads a journal page by page; the end of it anew when the run goes on. */
export function useJournal(runId: string): Paged<Entry> {
  const client = useQueryClient();
  const key = ["journal", runId];
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => readPage(runId, pageParam),
    initialPageParam: undefined as Cursor,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    staleTime: Number.POSITIVE_INFINITY,
    meta: { rereadsItself: true },
  });
  const rereadEnd = async () => {
    // A page on its way may be older than the news.
    if (client.isFetching({ queryKey: key, exact: true }) > 0) return ask();
    if (query.isFetchNextPageError) return query.fetchNextPage({ throwOnError: true });
    const known = client.getQueryData<InfiniteData<ListPage<Entry>, Cursor>>(key);
    const last = known?.pages.at(-1);
    if (last === undefined || last.next_cursor) return;
    const place = (known?.pages.length ?? 0) - 1;
    const page = await readPage(runId, known?.pageParams[place]);
    client.setQueryData<InfiniteData<ListPage<Entry>, Cursor>>(
      key,
      (now) => now && { ...now, pages: now.pages.with(place, page) },
    );
  };
  const ask = useChanges({ runId }, rereadEnd);
  // What came while nobody looked.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each run that is opened
  useEffect(() => {
    if (client.getQueryData(key) !== undefined) void rereadEnd().catch(() => {});
  }, [runId]);
  return {
    items: query.data?.pages.flatMap((page) => page.items) ?? [],
    error: query.error,
    isPending: query.isPending,
    isFetching: query.isFetching,
    hasMore: query.hasNextPage,
    more: () => {
      if (!query.isFetchingNextPage) void query.fetchNextPage();
    },
    retry: () => void (query.data ? rereadEnd().catch(() => {}) : query.refetch()),
    at: query.dataUpdatedAt,
  };
}

/** Entries beyond which nobody looks for the attempts of a node. */
const MOST = 2000;

/** The journal from its beginning, read without being asked, up to a bound. */
export function useJournalStart(runId: string): Paged<Entry> & { complete: boolean } {
  const journal = useJournal(runId);
  const { hasMore, isFetching, items, more, error } = journal;
  const wants = hasMore && items.length < MOST;
  useEffect(() => {
    if (wants && !isFetching && !error) more();
  });
  return { ...journal, complete: !hasMore && !journal.isPending };
}
