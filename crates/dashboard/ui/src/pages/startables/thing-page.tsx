// The page of one schedule, trigger, hook or webhook: its head, what became of it, and the facts beside that.

import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Card, Page } from "@/design/layout";
import { ReadPage } from "@/design/read-page";

interface ThingPageProps<T> {
  query: UseQueryResult<T>;
  /** What it is one of. */
  section: string;
  /** The way back to the others. */
  above: ReactNode;
  title: (thing: T) => string;
  lead?: (thing: T) => ReactNode;
  status: (thing: T) => ReactNode;
  actions: (thing: T) => ReactNode;
  about: (thing: T) => ReactNode;
  children: (thing: T) => ReactNode;
}

/** The page. */
export function ThingPage<T>(props: ThingPageProps<T>) {
  return (
    <ReadPage query={props.query} title={props.section}>
      {(thing) => (
        <Page
          title={props.title(thing)}
          section={props.section}
          above={<span className="[&>a]:hover:text-ink [&>a]:hover:underline">{props.above}</span>}
          beside={props.status(thing)}
          lead={props.lead?.(thing)}
          actions={props.actions(thing)}
        >
          <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_18rem]">
            <div className="flex min-w-0 flex-col gap-5">{props.children(thing)}</div>
            <Card>{props.about(thing)}</Card>
          </div>
        </Page>
      )}
    </ReadPage>
  );
}
