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
  if (list.error) return <Failure error={list.error} className="m-4" />;
  if (list.isPending) return <Loading className="p-4" />;
  if (list.items.length === 0) return empty;
  return (
    <>
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
