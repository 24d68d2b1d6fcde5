// A table of what came page by page: loading, a failure, nothing yet, and what asks for more.

import type { ReactNode } from "react";
import type { Paged } from "@/api/pages";
import { Button } from "@/design/button";
import { Table } from "@/design/layout";
import { Failure, Loading } from "@/design/state";
import { useVocabulary } from "@/i18n/vocabulary";

interface PageListProps<T> {
  list: Paged<T>;
  label: string;
  head: ReactNode;
  empty: ReactNode;
  children: (item: T) => ReactNode;
}

/** The table. */
export function PageList<T>({ list, label, head, empty, children }: PageListProps<T>) {
  const c = useVocabulary();
  const failure = list.error && <Failure error={list.error} onRetry={list.retry} className="m-4" />;
  if (list.at === 0) return failure ?? <Loading className="p-4" />;
  if (list.items.length === 0) return failure ?? empty;
  return (
    <>
      {failure}
      <Table label={label} head={head}>
        {list.items.map(children)}
      </Table>
      {list.hasMore && (
        <div className="border-t border-line p-2 text-center">
          <Button look="quiet" busy={list.isFetching} onClick={list.more}>
            {c("action.more")}
          </Button>
        </div>
      )}
    </>
  );
}
