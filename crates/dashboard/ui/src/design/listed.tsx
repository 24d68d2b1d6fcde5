// A list that is read page by page, with what stands in its place while there is nothing to show.

import type { ReactNode } from "react";
import type { Paged } from "@/api/pages";
import { useVocabulary } from "@/i18n/vocabulary";
import { Button } from "./button";
import { Card } from "./layout";
import { Failure, Loading } from "./state";

interface ListedProps<T> {
  list: Paged<T>;
  title?: ReactNode;
  actions?: ReactNode;
  empty: ReactNode;
  children: (items: T[]) => ReactNode;
}

/** The list. */
export function Listed<T>({ list, title, actions, empty, children }: ListedProps<T>) {
  const c = useVocabulary();
  return (
    <Card flush title={title} actions={actions}>
      {list.error && <Failure error={list.error} onRetry={list.retry} className="m-4" />}
      {list.isPending && !list.error && <Loading className="px-4" />}
      {!list.isPending && !list.error && list.items.length === 0 && empty}
      {list.items.length > 0 && children(list.items)}
      {list.hasMore && (
        <div className="flex justify-center border-t border-line p-2">
          <Button look="quiet" busy={list.isFetching} onClick={list.more}>
            {c("action.more")}
          </Button>
        </div>
      )}
    </Card>
  );
}
