// A page that lists things of one kind, with the window that makes one or changes one.

import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Paged } from "@/api/pages";
import { Button } from "@/design/button";
import { Page } from "@/design/layout";
import { Empty } from "@/design/state";
import { AsOpened, type Newest } from "@/forms/as-opened";
import { useAfter } from "./after";
import { Listed } from "./listed";
import { type Column, Rows } from "./rows";

/** What the window is about, and what closes it. */
export interface Edited<T> {
  /** The one that is changed; `null` makes one. */
  item: T | null;
  onClose: () => void;
  newest: Newest;
}

interface CollectionProps<T> {
  /** With what the keys of their queries begin. */
  kind: string;
  title: string;
  lead: string;
  /** What the button says that makes one; `null` for who may not. */
  add: string | null;
  icon: ReactNode;
  none: string;
  noneHint: string;
  list: Paged<T>;
  id: (item: T) => string;
  columns: Column<T>[];
  actions: ((item: T, edit: () => void) => ReactNode) | false;
  form: (edited: Edited<T>) => ReactNode;
  children?: ReactNode;
}

/** The page. */
export function Collection<T>(props: CollectionProps<T>) {
  const { kind, title, lead, add, icon, none, noneHint, list, id, columns, actions, form } = props;
  const after = useAfter();
  const [open, setOpen] = useState<{ item: T | null } | null>(null);
  const newest = (item: T | null) =>
    item && (list.items.find((one) => id(one) === id(item)) ?? item);
  return (
    <Page
      title={title}
      lead={lead}
      actions={
        add !== null && (
          <Button look="primary" icon={<Plus />} onClick={() => setOpen({ item: null })}>
            {add}
          </Button>
        )
      }
    >
      <Listed
        list={list}
        empty={
          <Empty icon={icon} title={none}>
            {noneHint}
          </Empty>
        }
      >
        {(items: T[]) => (
          <Rows<T>
            label={title}
            items={items}
            id={id}
            columns={columns}
            actions={actions && ((one) => actions(one, () => setOpen({ item: one })))}
          />
        )}
      </Listed>
      {open && (
        <AsOpened newest={newest(open.item)}>
          {(item, load) => (
            <Form
              form={form}
              item={item}
              onClose={() => setOpen(null)}
              newest={{ read: () => after(null, kind), load }}
            />
          )}
        </AsOpened>
      )}
      {props.children}
    </Page>
  );
}

/** Keeps what is filled in. */
function Form<T>({ form, ...edited }: Edited<T> & { form: (edited: Edited<T>) => ReactNode }) {
  return form(edited);
}
