// The address of a hook, which is told once.

import { Button } from "@/design/button";
import { CopyButton } from "@/design/code";
import { Dialog } from "@/design/dialog";
import { useWords } from "./words";

/** A hook with the address that it was given just now, if that is told. */
export interface NewPath {
  id: string;
  path: string | null;
}

/** The window that shows it. */
export function HookPath({ made, onClose }: { made: NewPath; onClose: () => void }) {
  const t = useWords();
  const url = made.path && new URL(made.path, location.origin).href;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("path.title")}
      description={url ? t("path.hint") : t("path.gone")}
      foot={
        <Button look="primary" onClick={onClose}>
          {t("path.kept")}
        </Button>
      }
    >
      {url && (
        <div className="flex items-center gap-2 rounded-md border border-line bg-sunken p-2">
          <code
            role="region"
            aria-label={t("path.label")}
            className="min-w-0 flex-1 font-mono text-xs break-all select-all"
          >
            {url}
          </code>
          <CopyButton text={url} />
        </div>
      )}
    </Dialog>
  );
}
