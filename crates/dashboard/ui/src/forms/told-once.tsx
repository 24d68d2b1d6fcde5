// A window with what the server tells a single time: a link, a key, the secret of a webhook.

import { Button } from "@/design/button";
import { Code } from "@/design/code";
import { Dialog } from "@/design/dialog";
import { useWords } from "./words";

interface ToldOnceProps {
  title: string;
  /** What it is for. */
  hint: string;
  /** What to do if it was told before, where that can be. */
  gone?: string;
  /** Nothing, if it was told before. */
  text: string | null;
  onClose: () => void;
}

/** The window that shows it. */
export function ToldOnce({ title, hint, gone, text, onClose }: ToldOnceProps) {
  const t = useWords();
  return (
    <Dialog
      open
      closes={text ? "foot" : "asks"}
      onClose={onClose}
      title={title}
      description={text || gone === undefined ? hint : gone}
      foot={
        <Button look="primary" onClick={onClose}>
          {t(text ? "once.kept" : "once.close")}
        </Button>
      }
    >
      {text && (
        <>
          <Code value={text} label={title} className="[&_pre]:break-all [&_pre]:select-all" />
          <p className="mt-2 text-sm text-soft">{t("once.hint")}</p>
        </>
      )}
    </Dialog>
  );
}

/** A link of the server, which begins with `/` where the server does not know its own address. */
export function wholeLink(url: string): string {
  return new URL(url, location.origin).href;
}
