// A page whose title is read with what it shows: until then, and where that fails, it has the title of its kind.

import type { ReactNode } from "react";
import { Page } from "./layout";
import { Read } from "./state";

interface ReadPageProps<T> {
  query: { data: T | undefined; error: Error | null; isPending: boolean; refetch: () => unknown };
  /** What kind of thing it is. */
  title: string;
  above?: ReactNode;
  wide?: boolean;
  children: (data: T) => ReactNode;
}

/** The page: `children` make a `Page` of their own of what is read. */
export function ReadPage<T>({ query, title, above, wide = false, children }: ReadPageProps<T>) {
  if (query.data !== undefined) return children(query.data);
  return (
    <Page title={title} above={above} wide={wide}>
      <Read query={query} rows={8}>
        {children}
      </Read>
    </Page>
  );
}
