// Lists of the API that come in pages: the query for the pages that were asked for so far.

import { type QueryKey, useInfiniteQuery } from "@tanstack/react-query";

/** One page of a list. */
export interface ListPage<T> {
  items: T[];
  next_cursor?: string | null;
}

/** A list as far as it was read. */
export interface Paged<T> {
  items: T[];
  error: Error | null;
  isPending: boolean;
  isFetching: boolean;
  hasMore: boolean;
  more: () => void;
  /** Asks again for what could not be read. */
  retry: () => void;
  /** When what is shown was read, in milliseconds of the epoch. */
  at: number;
}

/** Reads a list page by page. */
export function usePages<T>(
  key: QueryKey,
  read: (cursor: string | undefined) => Promise<ListPage<T>>,
  enabled = true,
): Paged<T> {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    enabled,
  });
  return {
    items: query.data?.pages.flatMap((page) => page.items) ?? [],
    error: query.error,
    isPending: query.isPending,
    isFetching: query.isFetching,
    hasMore: query.hasNextPage,
    more: () => {
      if (!query.isFetchingNextPage) void query.fetchNextPage();
    },
    retry: () => void (query.isFetchNextPageError ? query.fetchNextPage() : query.refetch()),
    at: query.dataUpdatedAt,
  };
}
