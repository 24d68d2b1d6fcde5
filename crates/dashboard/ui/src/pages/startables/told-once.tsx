// What is told once: the address of a hook, the secret of a webhook.

import { Button } from "@/design/button";
import { CopyButton } from "@/design/code";
import { Dialog } from "@/design/dialog";
import { useWords } from "./words";

interface ToldOnceProps {
  title: string;
  /** What it is for. */
  hint: string;
  /** What to do if it was told before. */
  gone: string;
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
      description={text ? hint : gone}
      foot={
        <Button look="primary" onClick={onClose}>
          {t(text ? "once.kept" : "once.close")}
        </Button>
      }
    >
      {text && (
        <div className="flex items-center gap-2 rounded-md border border-line bg-sunken p-2">
          <code
            role="region"
            aria-label={title}
            className="min-w-0 flex-1 font-mono text-xs break-all select-all"
          >
            {text}
          </code>
          <CopyButton text={text} />
        </div>
      )}
    </Dialog>
  );
}
