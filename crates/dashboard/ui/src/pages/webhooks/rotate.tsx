// Another secret for a webhook, with a time in which both sign.

import { useState } from "react";
import { api, body } from "@/api/client";
import { Button } from "@/design/button";
import { TextField } from "@/forms/fields";
import { FormWindow } from "../startables/form-window";
import { useSaving } from "../startables/saving";
import { WebhookSecret } from "./parts";
import { useWords } from "./words";

/** What the server takes where nothing is said. */
const OVERLAP = "24h";

/** The button, with its windows. */
export function Rotate({ webhookId }: { webhookId: string }) {
  const t = useWords();
  const [open, setOpen] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("act.rotate")}</Button>
      {open && (
        <RotateForm
          webhookId={webhookId}
          onClose={() => setOpen(false)}
          onDone={(next) => {
            setOpen(false);
            setSecret(next);
          }}
        />
      )}
      {secret !== null && <WebhookSecret secret={secret} onClose={() => setSecret(null)} />}
    </>
  );
}

interface RotateFormProps {
  webhookId: string;
  onClose: () => void;
  onDone: (secret: string) => void;
}

function RotateForm({ webhookId, onClose, onDone }: RotateFormProps) {
  const t = useWords();
  const saving = useSaving("webhooks");
  const [overlap, setOverlap] = useState(OVERLAP);
  const rotate = async () => {
    const made = await body(
      api.POST("/api/v1/webhooks/{webhook_id}/rotate", {
        params: { path: { webhook_id: webhookId } },
        body: { overlap: overlap.trim() || "0s" },
      }),
    );
    onDone(made.secret ?? "");
  };
  return (
    <FormWindow
      title={t("rotate.title")}
      description={t("rotate.hint")}
      action={t("act.rotate")}
      saving={saving}
      onSave={() => void saving.save(rotate)}
      onClose={onClose}
    >
      <TextField
        value={overlap}
        onChange={setOverlap}
        error={saving.errorOf("/overlap")}
        label={t("rotate.overlap")}
        hint={t("rotate.overlapHint")}
        required
      />
    </FormWindow>
  );
}
