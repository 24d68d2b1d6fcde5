// A form of a thing that others may change at the same time: it stays as it was opened, until the person decides.

import { Fragment, type ReactNode, useState } from "react";

/** What a form does where somebody else has changed its thing since it was opened. */
export interface Newest {
  /** Reads the newest, so that it is there to be loaded. */
  read: () => Promise<unknown>;
  /** Begins anew with it. */
  load: () => void;
}

interface AsOpenedProps<T> {
  newest: T;
  /** Is given the thing as it was opened, what begins anew with the newest, and what goes on with what was saved. */
  children: (thing: T, load: () => void, take: (saved: T) => void) => ReactNode;
}

/** The thing as it was when the form was opened. */
export function AsOpened<T>({ newest, children }: AsOpenedProps<T>) {
  const [opened, setOpened] = useState({ thing: newest, loads: 0 });
  const load = () => setOpened(({ loads }) => ({ thing: newest, loads: loads + 1 }));
  const take = (thing: T) => setOpened(({ loads }) => ({ thing, loads }));
  return <Fragment key={opened.loads}>{children(opened.thing, load, take)}</Fragment>;
}
