// Things as a table: columns, and what can be done with each. On a phone each row is a block of its own.

import clsx from "clsx";
import type { ReactNode } from "react";
import { useVocabulary } from "@/i18n/vocabulary";
import { Table, Td, Th } from "./layout";

/** What is told of each thing under a name. */
export interface Column<T> {
  name: string;
  cell: (item: T) => ReactNode;
  className?: string;
  /** It is left out on a phone. */
  spare?: boolean;
}

interface RowsProps<T> {
  label: string;
  items: T[];
  id: (item: T) => string;
  columns: Column<T>[];
  /** Buttons at the end of the row. */
  actions?: ((item: T) => ReactNode) | false;
}

const FOLDED =
  "max-sm:[&_thead]:sr-only max-sm:[&_:is(table,tbody,tr)]:block max-sm:[&_tr]:py-2 " +
  "max-sm:[&_td]:flex max-sm:[&_td]:gap-3 max-sm:[&_td]:px-4! max-sm:[&_td]:py-1";

/** The table. */
export function Rows<T>({ label, items, id, columns, actions }: RowsProps<T>) {
  const t = useVocabulary();
  return (
    <div className={FOLDED}>
      <Table
        label={label}
        head={
          <>
            {columns.map(({ name, className }) => (
              <Th key={name} className={className?.includes("text-right") ? "text-right" : ""}>
                {name}
              </Th>
            ))}
            {actions && (
              <Th>
                <span className="sr-only">{t("actions")}</span>
              </Th>
            )}
          </>
        }
      >
        {items.map((item) => (
          <tr key={id(item)}>
            {columns.map(({ name, cell, className, spare }, place) => (
              <Td key={name} className={clsx(className, spare && "max-sm:hidden!")}>
                {place > 0 && (
                  <span
                    aria-hidden
                    className="w-28 shrink-0 text-left font-sans text-xs text-soft sm:hidden"
                  >
                    {name}
                  </span>
                )}
                <span className={clsx("block min-w-0 break-words", place === 0 && "font-medium")}>
                  {cell(item)}
                </span>
              </Td>
            ))}
            {actions && (
              <Td>
                <span className="flex flex-wrap gap-1.5 sm:flex-nowrap sm:justify-end">
                  {actions(item)}
                </span>
              </Td>
            )}
          </tr>
        ))}
      </Table>
    </div>
  );
}
