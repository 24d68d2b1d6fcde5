// Short words that come and go: that something was done, or could not be.

import { CircleAlert, CircleCheck, X } from "lucide-react";
import { Toast } from "radix-ui";
import { createContext, type ReactNode, use, useCallback, useMemo, useState } from "react";
import { createPortal } from "react-dom";
import { Problem } from "@/api/problem";
import { useVocabulary } from "@/i18n/vocabulary";
import { buttonClass } from "./button";
import { failureText } from "./state";

interface Said {
  id: number;
  text: string;
  bad: boolean;
  undo?: { label: string; do: () => void };
}

interface Says {
  /** That something was done, with what takes it back. */
  say: (text: string, undo?: Said["undo"]) => void;
  /** That something could not be done. */
  fail: (error: unknown) => void;
}

const Toasts = createContext<Says | null>(null);
/** The most at once; the oldest goes. */
const MOST = 4;

/** Where toasts appear. */
export function ToastPlace({ children }: { children: ReactNode }) {
  const t = useVocabulary();
  const [said, setSaid] = useState<Said[]>([]);
  const add = useCallback((next: Omit<Said, "id">) => {
    setSaid((before) => [...before, { ...next, id: (before.at(-1)?.id ?? 0) + 1 }].slice(-MOST));
  }, []);
  const says = useMemo<Says>(
    () => ({
      say: (text, undo) => add({ text, bad: false, ...(undo && { undo }) }),
      fail: (error) => {
        const id = error instanceof Problem && error.requestId ? ` (${error.requestId})` : "";
        add({ text: `${failureText(error, t)}${id}`, bad: true });
      },
    }),
    [add, t],
  );
  return (
    <Toasts value={says}>
      <Toast.Provider swipeDirection="right" duration={6000}>
        {children}
        {said.map((one) => (
          <Toast.Root
            key={one.id}
            type={one.bad ? "foreground" : "background"}
            duration={one.bad ? 12_000 : 6000}
            onOpenChange={(open) =>
              !open && setSaid((before) => before.filter(({ id }) => id !== one.id))
            }
            className={`appear pointer-events-auto flex items-center gap-2.5 rounded-md border bg-card py-1.5 pr-1.5 pl-3.5 shadow-float ${one.bad ? "border-bad" : "border-line"}`}
          >
            {one.bad ? (
              <CircleAlert aria-hidden className="size-4 shrink-0 text-bad" />
            ) : (
              <CircleCheck aria-hidden className="size-4 shrink-0 text-good" />
            )}
            <Toast.Description className="min-w-0 flex-1 py-1 text-sm break-words">
              {one.text}
            </Toast.Description>
            {one.undo && (
              <Toast.Action
                altText={one.undo.label}
                onClick={one.undo.do}
                className={buttonClass("quiet", true)}
              >
                {one.undo.label}
              </Toast.Action>
            )}
            <Toast.Close
              aria-label={t("action.close")}
              className="grid size-8 shrink-0 place-items-center rounded-md text-soft hover:bg-hover hover:text-ink max-sm:size-10 [&_svg]:size-4"
            >
              <X aria-hidden />
            </Toast.Close>
          </Toast.Root>
        ))}
        {/* Beside the page, as windows are: within it, they would cover what they say. */}
        {createPortal(
          <Toast.Viewport className="pointer-events-none fixed right-0 bottom-0 z-50 flex w-96 max-w-[100vw] flex-col gap-2 p-4 outline-none" />,
          document.body,
        )}
      </Toast.Provider>
    </Toasts>
  );
}

/** Says short words. */
export function useToast(): Says {
  const says = use(Toasts);
  if (says === null) throw new Error("there is no place for toasts");
  return says;
}
