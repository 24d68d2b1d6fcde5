// The secret of a webhook, which is told once.

import { Button } from "@/design/button";
import { CopyButton } from "@/design/code";
import { Dialog } from "@/design/dialog";
import { useWords } from "./words";

interface SecretProps {
  /** Nothing, if it was told before. */
  secret: string | null;
  onClose: () => void;
}

/** The window that shows it. */
export function WebhookSecret({ secret, onClose }: SecretProps) {
  const t = useWords();
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("secret.title")}
      description={secret ? t("secret.hint") : t("secret.gone")}
      foot={
        <Button look="primary" onClick={onClose}>
          {t("secret.kept")}
        </Button>
      }
    >
      {secret && (
        <div className="flex items-center gap-2 rounded-md border border-line bg-sunken p-2">
          <code
            role="region"
            aria-label={t("secret.label")}
            className="min-w-0 flex-1 font-mono text-xs break-all select-all"
          >
            {secret}
          </code>
          <CopyButton text={secret} />
        </div>
      )}
    </Dialog>
  );
}
