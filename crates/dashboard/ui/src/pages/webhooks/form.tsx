// The form of a webhook: where events go, and which.

import { useState } from "react";
import { api, body, idempotencyKey, type Schemas, version } from "@/api/client";
import { AsOpened } from "@/forms/as-opened";
import { binder, ChoiceField, CodeField, TextField } from "@/forms/fields";
import { useVocabulary } from "@/i18n/vocabulary";
import { EventField } from "../startables/event-field";
import { patternsOf } from "../startables/event-kinds";
import { FormWindow } from "../startables/form-window";
import { useSaving } from "../startables/saving";
import { useWords as useSharedWords } from "../startables/words";
import { type WebhookDraft, webhookDocument, webhookDraft, webhookPatch } from "./document";
import { useChannels } from "./queries";
import { useWords } from "./words";

interface WebhookFormProps {
  /** The one that is changed; none for a new one. */
  webhook: Schemas["Webhook"] | null;
  onClose: () => void;
  /** Is given the secret of a new one; nothing, if it was told before. */
  onSaved: (id: string, secret: string | null) => void;
}

/** The window with the form. */
export function WebhookForm(props: WebhookFormProps) {
  return (
    <AsOpened newest={props.webhook}>
      {(webhook, load) => <Fields {...props} webhook={webhook} onNewest={load} />}
    </AsOpened>
  );
}

function Fields(props: WebhookFormProps & { onNewest: () => void }) {
  const { webhook, onClose, onSaved, onNewest } = props;
  const t = useWords();
  const s = useSharedWords();
  const c = useVocabulary();
  const [key] = useState(idempotencyKey);
  const [draft, setDraft] = useState(() => webhookDraft(webhook));
  const set = (next: Partial<WebhookDraft>) => setDraft((before) => ({ ...before, ...next }));
  const channels = useChannels().data ?? [];
  const faults = {
    "/url": draft.url.trim() === "" && c("required"),
    "/events": patternsOf(draft.events).length === 0 && s("events.needed"),
  };
  const saving = useSaving("webhooks", faults);
  const { errorOf } = saving;
  const to = binder(draft, set, errorOf);
  const save = () => {
    void saving.save(async () => {
      if (webhook) {
        await body(
          api.PATCH("/api/v1/webhooks/{webhook_id}", {
            params: { path: { webhook_id: webhook.id }, header: { "If-Match": version(webhook) } },
            body: webhookPatch(webhook, draft) as Record<string, never>,
          }),
        );
        return onSaved(webhook.id, null);
      }
      const made = await body(
        api.POST("/api/v1/webhooks", {
          params: { header: { "Idempotency-Key": key } },
          body: webhookDocument(draft, null),
        }),
      );
      onSaved(made.webhook.id, made.secret ?? null);
    });
  };
  return (
    <FormWindow
      title={webhook ? t("edit") : t("new")}
      action={webhook ? c("action.save") : c("action.create")}
      saving={saving}
      onSave={save}
      onClose={onClose}
      onNewest={onNewest}
    >
      <TextField
        {...to("url", "/url")}
        label={t("form.url")}
        hint={t("form.urlHint")}
        required
        type="url"
      />
      <TextField
        {...to("description", "/description")}
        label={t("form.description")}
        maxLength={500}
      />
      <EventField
        choice={draft.events}
        onChange={(events) => set({ events })}
        error={errorOf("/events")}
      />
      <CodeField
        {...to("filter", "/filter")}
        label={s("form.filter")}
        hint={s("form.filterEvent", { example: "event.data.payload.total > 100" })}
      />
      <ChoiceField
        {...to("channel", "/channel")}
        label={t("form.channel")}
        hint={t("form.channelHint")}
        choices={[...new Set(["", ...channels, draft.channel])]}
        say={(name) => name || c("none")}
      />
    </FormWindow>
  );
}
