// Covers the page and the windows over it, which stay as they are, until their person has signed in again.

import { Dialog } from "radix-ui";
import type { ReactNode } from "react";
import { useShellWords } from "./words";

interface CoverProps {
  open: boolean;
  /** Gives the focus back. */
  onReturn: (event: Event) => void;
  children: ReactNode;
}

/** Nothing below can be read or reached. Nothing but a sign-in takes it away. */
export function Cover({ open, onReturn, children }: CoverProps) {
  const t = useShellWords();
  return (
    <Dialog.Root open={open}>
      <Dialog.Portal>
        <Dialog.Content
          aria-describedby={undefined}
          onOpenAutoFocus={(event) => {
            // The form, which is loaded when it is needed first, has the focus by itself.
            event.preventDefault();
            if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
          }}
          onCloseAutoFocus={onReturn}
          // The keys of the page are none of this.
          onKeyDown={(event) => event.stopPropagation()}
          className="fixed inset-0 z-50 overflow-y-auto bg-paper focus:outline-none"
        >
          <Dialog.Title asChild>
            <span className="sr-only">{t("cover")}</span>
          </Dialog.Title>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
