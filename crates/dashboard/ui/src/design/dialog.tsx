// Windows over the page: dialogs, sheets at the side, and the question before what cannot be undone.

import clsx from "clsx";
import { X } from "lucide-react";
import { AlertDialog, Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef, useState } from "react";
import { useVocabulary } from "@/i18n/vocabulary";
import { Button, IconButton } from "./button";
import { Failure } from "./state";

/** What lies between a window and the page. */
export const OVER = "fixed inset-0 z-40 bg-shade";

/**
 * Gives the focus back to what opened a window: Radix does, but for what has gone meanwhile. An item of a
 * menu goes with it, so that its menu's button gets the focus; else the page does.
 */
export function useReturn(open: boolean) {
  const opener = useRef<Element | null>(null);
  const wasOpen = useRef(false);
  if (open && !wasOpen.current) {
    const active = document.activeElement;
    const button = active?.closest("[role=menu]")?.getAttribute("aria-labelledby");
    opener.current = button ? document.getElementById(button) : active;
  }
  wasOpen.current = open;
  return (event: Event) => {
    const { current } = opener;
    // Some browsers give a button no focus when it is pressed: Radix knows which one it was.
    if (current === document.body) return;
    event.preventDefault();
    const back = current?.isConnected ? current : document.getElementById("content");
    if (back instanceof HTMLElement) back.focus({ preventScroll: true });
  };
}

/** Begins at the first field; without one, at the window itself, and not at the cross that closes it. */
function begin(event: Event) {
  const window = event.currentTarget;
  if (!(window instanceof HTMLElement)) return;
  event.preventDefault();
  const fields = "input:not(:disabled), select:not(:disabled), textarea:not(:disabled)";
  (window.querySelector<HTMLElement>(fields) ?? window).focus({ preventScroll: true });
}

interface WindowProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  /** Buttons at its foot. */
  foot?: ReactNode;
}

/** A window in the middle. */
export function Dialog({ wide, ...rest }: WindowProps & { wide?: boolean }) {
  return (
    <Window
      {...rest}
      className={clsx(
        "top-1/2 left-1/2 max-h-[min(90dvh,52rem)] w-[calc(100vw-1.5rem)] -translate-x-1/2 -translate-y-1/2 rounded-lg border",
        wide ? "max-w-3xl" : "max-w-lg",
      )}
    />
  );
}

/** A window at the side, the whole page on a phone. */
export function Sheet(props: WindowProps) {
  return <Window {...props} className="inset-y-0 right-0 w-full max-w-2xl border-l" />;
}

function Window({
  open,
  onClose,
  title,
  description,
  children,
  foot,
  className,
}: WindowProps & { className: string }) {
  const t = useVocabulary();
  const onReturn = useReturn(open);
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={OVER} />
        <Radix.Content
          className={clsx(
            "appear fixed z-40 flex flex-col border-line bg-card shadow-float focus:outline-none",
            className,
          )}
          onOpenAutoFocus={begin}
          onCloseAutoFocus={onReturn}
          {...(description === undefined && { "aria-describedby": undefined })}
        >
          <header className="flex items-start gap-3 px-5 pt-4">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-lg font-semibold break-words">{title}</Radix.Title>
              {description && (
                <Radix.Description className="mt-0.5 text-sm text-soft">
                  {description}
                </Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              <IconButton label={t("action.close")} className="-mr-2">
                <X />
              </IconButton>
            </Radix.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {foot && (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">
              {foot}
            </footer>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ConfirmProps {
  /** What opens the question. */
  trigger: ReactNode;
  title: ReactNode;
  children?: ReactNode;
  /** What the button that does it says. */
  action: string;
  danger?: boolean;
  onConfirm: () => Promise<unknown>;
}

/** Asks before something is done, and says why it could not be done. */
export function Confirm({
  trigger,
  title,
  children,
  action,
  danger = true,
  onConfirm,
}: ConfirmProps) {
  const t = useVocabulary();
  const [open, setOpen] = useState(false);
  const onReturn = useReturn(open);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      setOpen(false);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <AlertDialog.Root
      open={open}
      onOpenChange={(next) => {
        setError(null);
        setOpen(next);
      }}
    >
      <AlertDialog.Trigger asChild>{trigger}</AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={OVER} />
        <AlertDialog.Content
          onCloseAutoFocus={onReturn}
          className="appear fixed top-1/2 left-1/2 z-40 max-h-[90dvh] w-[calc(100vw-1.5rem)] max-w-md -translate-x-1/2 -translate-y-1/2 overflow-y-auto rounded-lg border border-line bg-card p-5 shadow-float"
        >
          <AlertDialog.Title className="text-lg font-semibold break-words">
            {title}
          </AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="mt-1.5 text-sm break-words text-soft">
              {children ?? t("confirm.irreversible")}
            </div>
          </AlertDialog.Description>
          {error !== null && <Failure error={error} className="mt-3" />}
          <div className="mt-5 flex flex-wrap justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>{t("action.cancel")}</Button>
            </AlertDialog.Cancel>
            <Button look={danger ? "danger" : "primary"} busy={busy} onClick={confirm}>
              {action}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
