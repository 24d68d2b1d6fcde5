// The form of a webhook: where events go, and which.

import { useState } from "react";
import { api, body, idempotencyKey, type Schemas, version } from "@/api/client";
import { Field, Input, Select } from "@/design/field";
import { useVocabulary } from "@/i18n/vocabulary";
import { EventField } from "../startables/event-field";
import { patternsOf } from "../startables/event-kinds";
import { FilterField } from "../startables/filter-field";
import { FormWindow } from "../startables/form-window";
import { useBase, useSaving } from "../startables/saving";
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
export function WebhookForm({ webhook, onClose, onSaved }: WebhookFormProps) {
  const [base, onNewest] = useBase(webhook);
  return (
    <Fields
      key={base?.version ?? 0}
      webhook={base}
      onClose={onClose}
      onSaved={onSaved}
      onNewest={onNewest}
    />
  );
}

function Fields({
  webhook,
  onClose,
  onSaved,
  onNewest,
}: WebhookFormProps & { onNewest: () => void }) {
  const t = useWords();
  const s = useSharedWords();
  const c = useVocabulary();
  const saving = useSaving("webhooks");
  const [key] = useState(idempotencyKey);
  const [draft, setDraft] = useState(() => webhookDraft(webhook));
  const set = (next: Partial<WebhookDraft>) => setDraft((before) => ({ ...before, ...next }));
  const { errorOf } = saving;
  const save = () => {
    const faults = {
      "/url": draft.url.trim() === "" && c("required"),
      "/events": patternsOf(draft.events).length === 0 && s("events.needed"),
    };
    void saving.save(faults, async () => {
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
      <Field label={t("form.url")} hint={t("form.urlHint")} required error={errorOf("/url")}>
        <Input type="url" value={draft.url} onChange={({ target }) => set({ url: target.value })} />
      </Field>
      <Field label={t("form.description")} error={errorOf("/description")}>
        <Input
          maxLength={500}
          value={draft.description}
          onChange={({ target }) => set({ description: target.value })}
        />
      </Field>
      <EventField
        choice={draft.events}
        onChange={(events) => set({ events })}
        error={errorOf("/events")}
      />
      <FilterField
        about="event"
        example="event.data.payload.total > 100"
        value={draft.filter}
        onChange={(filter) => set({ filter })}
        error={errorOf("/filter")}
      />
      <ChannelField
        value={draft.channel}
        onChange={(channel) => set({ channel })}
        error={errorOf("/channel")}
      />
    </FormWindow>
  );
}

interface ChannelFieldProps {
  value: string;
  onChange: (name: string) => void;
  error: string | undefined;
}

/** The channel over which people are told. */
function ChannelField({ value, onChange, error }: ChannelFieldProps) {
  const t = useWords();
  const c = useVocabulary();
  const names = useChannels().data?.map(({ name }) => name) ?? [];
  const known = value === "" || names.includes(value) ? names : [...names, value];
  return (
    <Field label={t("form.channel")} hint={t("form.channelHint")} error={error}>
      <Select value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">{c("none")}</option>
        {known.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </Select>
    </Field>
  );
}
