// A list to choose from by typing: a type of node, a node, an outcome.

import { Command } from "cmdk";
import { type ReactNode, useEffect, useState } from "react";
import { useWords } from "./words";

/** One thing that can be chosen. */
export interface Choice {
  value: string;
  /** What is shown first, and searched. */
  name: string;
  /** Beside it; searched, too. */
  note?: string;
  icon?: ReactNode;
}

interface PickerProps {
  title: string;
  choices: readonly Choice[];
  onChoose: (value: string) => void;
  onClose: () => void;
}

/** The window with the list. */
export function Picker({ title, choices, onChoose, onClose }: PickerProps) {
  const t = useWords();
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () =>
      void setTimeout(() => {
        if (document.activeElement === document.body && opener instanceof HTMLElement)
          opener.focus();
      }),
    [opener],
  );
  return (
    <Command.Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      label={title}
      overlayClassName="fixed inset-0 z-40 bg-shade"
      contentClassName="appear fixed top-[12dvh] left-1/2 z-50 w-[calc(100vw-1.5rem)] max-w-md -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-card shadow-float"
    >
      <Command.Input
        placeholder={title}
        className="h-11 w-full border-b border-line bg-transparent px-4 text-base outline-none placeholder:text-faint"
      />
      <Command.List label={title} className="max-h-[50dvh] overflow-y-auto p-1.5">
        <Command.Empty className="px-3 py-6 text-center text-sm text-soft">
          {t("pick.nothing")}
        </Command.Empty>
        {choices.map(({ value, name, note, icon }) => (
          <Command.Item
            key={value}
            value={`${name} ${value}`}
            keywords={note ? [note] : []}
            onSelect={() => onChoose(value)}
            className="flex min-h-9 items-center gap-2.5 rounded-md px-2 data-[selected=true]:bg-hover"
          >
            {icon}
            <span className="shrink-0">{name}</span>
            {note && <span className="min-w-0 truncate text-xs text-soft">{note}</span>}
          </Command.Item>
        ))}
      </Command.List>
    </Command.Dialog>
  );
}
