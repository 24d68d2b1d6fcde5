// Several views in one place.

import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useInSight } from "./in-sight";

interface Tab {
  id: string;
  name: ReactNode;
  content: ReactNode;
}

interface TabsProps {
  label: string;
  tabs: Tab[];
  value: string;
  onChange: (id: string) => void;
  className?: string;
}

/** Tabs, of which the address or the page says which one is open. */
export function Tabs({ label, tabs, value, onChange, className }: TabsProps) {
  const row = useInSight<HTMLDivElement>();
  return (
    <Radix.Root value={value} onValueChange={onChange} className={className}>
      <Radix.List
        ref={row}
        aria-label={label}
        className="mb-4 flex gap-1 overflow-x-auto shadow-[inset_0_-1px_var(--line)]"
      >
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            className="shrink-0 border-b-2 border-transparent px-2.5 py-2 text-soft max-sm:py-2.5 whitespace-nowrap outline-offset-[-2px] hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink disabled:opacity-50"
          >
            {tab.name}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.id} value={tab.id} tabIndex={-1} className="outline-none">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
