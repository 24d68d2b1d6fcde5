// The navigation on a phone: a drawer that keeps the focus until it is closed.

import { Menu as MenuIcon, X } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useEffect, useRef } from "react";
import { IconButton } from "@/design/button";
import { useVocabulary } from "@/i18n/vocabulary";
import { useShellWords } from "./words";

interface DrawerProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Called in place of giving the focus back, if it belongs elsewhere. */
  onLeft: (event: Event) => void;
  children: ReactNode;
}

/** The button, and the drawer that it opens. */
export function Drawer({ open, onOpenChange, onLeft, children }: DrawerProps) {
  const t = useShellWords();
  const c = useVocabulary();
  const content = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // A window that has become wide has its navigation beside the page.
    const wide = matchMedia("(min-width: 48rem)");
    const close = () => wide.matches && onOpenChange(false);
    wide.addEventListener("change", close);
    return () => wide.removeEventListener("change", close);
  }, [onOpenChange]);
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Trigger asChild>
        <IconButton label={t("nav.open")}>
          <MenuIcon />
        </IconButton>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-shade" />
        <Dialog.Content
          aria-describedby={undefined}
          ref={content}
          tabIndex={-1}
          onOpenAutoFocus={(event) => {
            // The drawer itself: the first button in it would show its tip.
            event.preventDefault();
            content.current?.focus();
          }}
          onCloseAutoFocus={onLeft}
          className="appear fixed inset-y-0 left-0 z-40 flex w-72 max-w-[85vw] flex-col border-r border-line bg-sunken shadow-float focus:outline-none"
        >
          <div className="flex h-12 shrink-0 items-center px-2">
            <Dialog.Title className="sr-only">{t("nav.label")}</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton label={c("action.close")}>
                <X />
              </IconButton>
            </Dialog.Close>
          </div>
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
