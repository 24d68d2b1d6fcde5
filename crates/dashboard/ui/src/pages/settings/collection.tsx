// A page that lists things of one kind, with the window that makes one or changes one.

import { Plus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { writeJson } from "@/api/exact";
import type { Paged } from "@/api/pages";
import { Button } from "@/design/button";
import { Page } from "@/design/layout";
import { Empty } from "@/design/state";
import { useAfter } from "./after";
import { Listed } from "./listed";
import { type Column, Rows } from "./rows";

/** What the window is about, and what closes it. */
export interface Edited<T> {
  /** The one that is changed; `null` makes one. */
  item: T | null;
  onClose: () => void;
  /** Reads the newest. */
  onStale: () => void;
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
  /** The id of the one that is changed; "new" for one to be made. */
  const [open, setOpen] = useState<{ id: string } | "new" | null>(null);
  const item = typeof open === "object" ? list.items.find((one) => id(one) === open?.id) : null;
  return (
    <Page
      title={title}
      lead={lead}
      actions={
        add !== null && (
          <Button look="primary" icon={<Plus />} onClick={() => setOpen("new")}>
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
            actions={actions && ((one) => actions(one, () => setOpen({ id: id(one) })))}
          />
        )}
      </Listed>
      {open !== null && item !== undefined && (
        <Form
          key={writeJson(item)}
          form={form}
          item={item}
          onClose={() => setOpen(null)}
          onStale={() => void after(null, kind)}
        />
      )}
      {props.children}
    </Page>
  );
}

/** Begins anew with what was read anew. */
function Form<T>({ form, ...edited }: Edited<T> & { form: (edited: Edited<T>) => ReactNode }) {
  return form(edited);
}
