// The parts of which pages are made: their head, cards, lists of facts, tables.

import clsx from "clsx";
import type { ReactNode, TdHTMLAttributes, ThHTMLAttributes } from "react";
import { useEffect } from "react";

interface PageProps {
  title: string;
  /** What kind of thing it is, where others of another kind may be called the same. */
  section?: string;
  /** Beside the title: a status, a version. */
  beside?: ReactNode;
  /** Above the title: the way back. */
  above?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** As wide as the window. */
  wide?: boolean;
}

/** A page with its head. */
export function Page({ title, section, beside, above, lead, actions, children, wide }: PageProps) {
  useEffect(() => {
    document.title = [title, section, "Gathering"].filter(Boolean).join(" · ");
  }, [title, section]);
  return (
    <div className={clsx("mx-auto w-full px-6 py-6 max-sm:px-4 max-sm:py-4", !wide && "max-w-6xl")}>
      {above && <div className="mb-1 text-sm text-soft">{above}</div>}
      <header className="mb-5 flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 className="text-xl font-semibold tracking-tight break-words">{title}</h1>
            {beside}
          </div>
          {lead && <div className="mt-0.5 text-soft">{lead}</div>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a page on a ground of its own. */
export function Card({
  title,
  actions,
  children,
  flush,
  className,
}: {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  flush?: boolean;
  className?: string;
}) {
  return (
    <section className={clsx("min-w-0 rounded-lg border border-line bg-card", className)}>
      {(title || actions) && (
        <header className="flex min-h-11 items-center gap-3 border-b border-line px-4 py-1.5">
          <h2 className="min-w-0 flex-1 truncate text-base font-semibold">{title}</h2>
          {actions}
        </header>
      )}
      <div className={clsx(!flush && "p-4")}>{children}</div>
    </section>
  );
}

/** Names and what they stand for. */
export function Facts({ children }: { children: ReactNode }) {
  return (
    <dl className="grid empty:hidden grid-cols-[minmax(0,2fr)_minmax(0,3fr)] items-baseline gap-x-5 gap-y-1.5 text-sm">
      {children}
    </dl>
  );
}

/** One of them. */
export function Fact({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <>
      <dt className="min-w-0 break-words text-soft">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}

/** A table that scrolls sideways where it must. Its label says what it lists. */
export function Table({
  label,
  head,
  children,
}: {
  label: string;
  head: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="relative overflow-x-auto" role="region" aria-label={label} tabIndex={0}>
      <table className="w-full border-collapse text-sm">
        <thead>
          <tr className="border-b border-line text-left text-xs text-soft">{head}</tr>
        </thead>
        <tbody className="[&>tr]:border-b [&>tr]:border-line [&>tr:last-child]:border-0 [&>tr]:hover:bg-hover/60">
          {children}
        </tbody>
      </table>
    </div>
  );
}

/** The head of a column. */
export function Th({ className, ...rest }: ThHTMLAttributes<HTMLTableCellElement>) {
  return (
    <th
      scope="col"
      {...rest}
      className={clsx("px-3 py-2 font-medium whitespace-nowrap first:pl-4 last:pr-4", className)}
    />
  );
}

/** A cell. */
export function Td({ className, ...rest }: TdHTMLAttributes<HTMLTableCellElement>) {
  return (
    <td {...rest} className={clsx("px-3 py-2 align-middle first:pl-4 last:pr-4", className)} />
  );
}
