// Windows over the page: dialogs, sheets at the side, and the question before what cannot be undone.

import clsx from "clsx";
import { X } from "lucide-react";
import { AlertDialog, Dialog as Radix } from "radix-ui";
import {
  createContext,
  type FormEvent,
  type MouseEvent,
  type ReactNode,
  use,
  useCallback,
  useRef,
  useState,
} from "react";
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

/** What is filled in. Boxes and switches are buttons. */
const FIELDS = "input, select, textarea, [contenteditable=true], [role=checkbox], [role=switch]";
const SWITCHED = "[role=checkbox], [role=switch], [role=radio]";

const Settled = createContext<() => void>(() => {});

/** Tells the window around it that what was filled in is saved: to close it loses nothing any more. */
export function useSettled(): () => void {
  return use(Settled);
}

interface WindowProps {
  open: boolean;
  /** Closes it. Whoever has filled something in is asked before, unless they press a button of its foot. */
  onClose: () => void;
  /** When it may be closed without its foot: `kept` where what is filled in counts at once, `foot` never. */
  closes?: "asks" | "kept" | "foot";
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
  closes = "asks",
  title,
  description,
  children,
  foot,
  className,
}: WindowProps & { className: string }) {
  const t = useVocabulary();
  const onReturn = useReturn(open);
  const content = useRef<HTMLDivElement>(null);
  const filled = useRef(false);
  const [asks, setAsks] = useState(false);
  const settled = useCallback(() => {
    filled.current = false;
  }, []);
  if (!open) filled.current = false;
  const leave = () => {
    if (closes === "foot") return;
    if (closes === "asks" && filled.current) setAsks(true);
    else onClose();
  };
  const fill = () => {
    filled.current = true;
  };
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && leave()}>
      <Radix.Portal>
        {/* Whoever clicks beside it goes on where they were. */}
        <Radix.Overlay className={OVER} onMouseDown={(event) => event.preventDefault()} />
        <Radix.Content
          ref={content}
          className={clsx(
            "appear fixed z-40 flex flex-col border-line bg-card shadow-float focus:outline-none",
            className,
          )}
          onOpenAutoFocus={begin}
          onCloseAutoFocus={onReturn}
          onInteractOutside={(event) => {
            // A click beside it is easily made: it takes nothing away that somebody fills in.
            const holds = content.current?.querySelector(FIELDS) && closes !== "kept";
            if (holds || closes === "foot") event.preventDefault();
          }}
          onInput={(event: FormEvent) => within(event, content.current) && fill()}
          onClick={(event: MouseEvent) => {
            const isSwitch = event.target instanceof Element && event.target.closest(SWITCHED);
            if (isSwitch && within(event, content.current)) fill();
          }}
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
            {closes !== "foot" && (
              <Radix.Close asChild>
                <IconButton label={t("action.close")} className="-mr-2">
                  <X />
                </IconButton>
              </Radix.Close>
            )}
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">
            <Settled value={settled}>{children}</Settled>
          </div>
          {foot && (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">
              {foot}
            </footer>
          )}
          <Discard
            open={asks}
            onStay={() => setAsks(false)}
            onDiscard={() => {
              setAsks(false);
              onClose();
            }}
          />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Whether an event is of the window itself: those of windows that it has opened come to it as well. */
function within({ target }: { target: EventTarget }, content: HTMLElement | null): boolean {
  return target instanceof Node && content?.contains(target) === true;
}

interface DiscardProps {
  open: boolean;
  onStay: () => void;
  onDiscard: () => void;
}

/** Asks before what was filled in is lost. */
function Discard({ open, onStay, onDiscard }: DiscardProps) {
  const t = useVocabulary();
  const onReturn = useReturn(open);
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onStay()}>
      <Question onReturn={onReturn} title={t("discard.ask")} hint={t("discard.hint")}>
        <AlertDialog.Cancel asChild>
          <Button>{t("discard.stay")}</Button>
        </AlertDialog.Cancel>
        <Button look="danger" onClick={onDiscard}>
          {t("discard.do")}
        </Button>
      </Question>
    </AlertDialog.Root>
  );
}

interface QuestionProps {
  title: ReactNode;
  hint: ReactNode;
  /** Between the hint and the answers. */
  failure?: ReactNode;
  /** The answers. */
  children: ReactNode;
  onReturn: (event: Event) => void;
}

/** A question over everything, which has to be answered. */
function Question({ title, hint, failure, children, onReturn }: QuestionProps) {
  return (
    <AlertDialog.Portal>
      <AlertDialog.Overlay className={OVER} />
      <AlertDialog.Content
        onCloseAutoFocus={onReturn}
        className="appear fixed top-1/2 left-1/2 z-40 max-h-[90dvh] w-[calc(100vw-1.5rem)] max-w-md -translate-x-1/2 -translate-y-1/2 overflow-y-auto rounded-lg border border-line bg-card p-5 shadow-float"
      >
        <AlertDialog.Title className="text-lg font-semibold break-words">{title}</AlertDialog.Title>
        <AlertDialog.Description asChild>
          <div className="mt-1.5 text-sm break-words text-soft">{hint}</div>
        </AlertDialog.Description>
        {failure}
        <div className="mt-5 flex flex-wrap justify-end gap-2">{children}</div>
      </AlertDialog.Content>
    </AlertDialog.Portal>
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
      <Question
        onReturn={onReturn}
        title={title}
        hint={children ?? t("confirm.irreversible")}
        failure={error !== null && <Failure error={error} className="mt-3" />}
      >
        <AlertDialog.Cancel asChild>
          <Button>{t("action.cancel")}</Button>
        </AlertDialog.Cancel>
        <Button look={danger ? "danger" : "primary"} busy={busy} onClick={confirm}>
          {action}
        </Button>
      </Question>
    </AlertDialog.Root>
  );
}
