// A window with what the server tells a single time: a link, a key.

import { Button } from "@/design/button";
import { Code } from "@/design/code";
import { Dialog } from "@/design/dialog";
import { useWords } from "./words";

interface OnceProps {
  title: string;
  hint: string;
  value: string;
  onClose: () => void;
}

/** The window. */
export function Once({ title, hint, value, onClose }: OnceProps) {
  const t = useWords();
  return (
    <Dialog
      open
      closes="foot"
      onClose={onClose}
      title={title}
      description={hint}
      foot={
        <Button look="primary" onClick={onClose}>
          {t("once.done")}
        </Button>
      }
    >
      <Code value={value} label={title} />
      <p className="mt-2 text-sm text-soft">{t("once.hint")}</p>
    </Dialog>
  );
}

/** A link of the server, which begins with `/` where the server does not know its own address. */
export function wholeLink(url: string): string {
  return new URL(url, location.origin).href;
}
