// Another secret for a webhook, with a time in which both sign.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, Problem } from "@/api/client";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { Field, Input } from "@/design/field";
import { Failure } from "@/design/state";
import { useVocabulary } from "@/i18n/vocabulary";
import { WebhookSecret } from "./secret";
import { useWords } from "./words";

/** What the server takes where nothing is said. */
const OVERLAP = "24h";

/** The button, with its windows. */
export function Rotate({ webhookId }: { webhookId: string }) {
  const t = useWords();
  const c = useVocabulary();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [overlap, setOverlap] = useState(OVERLAP);
  const [secret, setSecret] = useState<{ secret: string | null } | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const close = () => {
    setOpen(false);
    setError(null);
  };
  const rotate = async () => {
    setBusy(true);
    setError(null);
    try {
      const made = await body(
        api.POST("/api/v1/webhooks/{webhook_id}/rotate", {
          params: { path: { webhook_id: webhookId } },
          body: { overlap: overlap.trim() || "0s" },
        }),
      );
      setSecret({ secret: made.secret ?? null });
      setOpen(false);
      await client.invalidateQueries({ queryKey: ["webhooks"] });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("act.rotate")}</Button>
      <Dialog
        open={open}
        onClose={close}
        title={t("rotate.title")}
        description={t("rotate.hint")}
        foot={
          <>
            <Button onClick={close}>{c("action.cancel")}</Button>
            <Button look="primary" busy={busy} onClick={() => void rotate()}>
              {t("act.rotate")}
            </Button>
          </>
        }
      >
        <Field
          label={t("rotate.overlap")}
          hint={t("rotate.overlapHint")}
          required
          error={error instanceof Problem ? error.at("/overlap")?.message : undefined}
        >
          <Input value={overlap} onChange={({ target }) => setOverlap(target.value)} />
        </Field>
        {error !== null && <Failure error={error} className="mt-3" />}
      </Dialog>
      {secret && <WebhookSecret secret={secret.secret} onClose={() => setSecret(null)} />}
    </>
  );
}
