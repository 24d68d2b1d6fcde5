// Asks before a page is left on which something is written that was not saved.

import { useBlocker } from "@tanstack/react-router";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { useWords } from "./words";

/** Asks while there is something to lose. Another view of the same page is no other page. */
export function Leaving({ asks }: { asks: boolean }) {
  const t = useWords();
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => asks && current.pathname !== next.pathname,
    enableBeforeUnload: asks,
    withResolver: true,
  });
  return (
    <Dialog
      open={status === "blocked"}
      onClose={() => reset?.()}
      title={t("leave.ask")}
      foot={
        <>
          <Button onClick={reset}>{t("leave.stay")}</Button>
          <Button look="danger" onClick={proceed}>
            {t("leave.do")}
          </Button>
        </>
      }
    >
      <p className="text-sm text-soft">{t("leave.hint")}</p>
    </Dialog>
  );
}
