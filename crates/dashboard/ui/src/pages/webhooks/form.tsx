// The form of a webhook: where events go, and which.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, idempotencyKey, Problem, type Schemas, version } from "@/api/client";
import { mergePatch } from "@/api/merge-patch";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { Field, Input, TextArea } from "@/design/field";
import { Failure } from "@/design/state";
import { useVocabulary } from "@/i18n/vocabulary";
import { useWords } from "./words";

interface WebhookFormProps {
  /** The one that is changed; none for a new one. */
  webhook: Schemas["Webhook"] | null;
  onClose: () => void;
  /** Is given the secret of a new one. */
  onSaved: (id: string, secret: string | null) => void;
}

/** The window with the form. */
export function WebhookForm({ webhook: given, onClose, onSaved }: WebhookFormProps) {
  const t = useWords();
  const c = useVocabulary();
  const client = useQueryClient();
  const [webhook] = useState(given);
  const [key] = useState(idempotencyKey);
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [description, setDescription] = useState(webhook?.description ?? "");
  const [events, setEvents] = useState(webhook?.events.join("\n") ?? "");
  const [filter, setFilter] = useState(webhook?.filter ?? "");
  const [channel, setChannel] = useState(webhook?.channel ?? "");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const errorOf = (pointer: string) =>
    error instanceof Problem ? error.at(pointer)?.message : undefined;
  const save = async () => {
    setBusy(true);
    setError(null);
    const document = {
      url: url.trim(),
      description: description.trim(),
      events: events
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean),
      ...(filter.trim() && { filter: filter.trim() }),
      ...(channel.trim() && { channel: channel.trim() }),
    };
    try {
      if (webhook) {
        const before = {
          url: webhook.url,
          description: webhook.description,
          events: webhook.events,
          filter: webhook.filter,
          channel: webhook.channel,
        };
        await body(
          api.PATCH("/api/v1/webhooks/{webhook_id}", {
            params: { path: { webhook_id: webhook.id }, header: { "If-Match": version(webhook) } },
            body: mergePatch(before, document) as Record<string, never>,
          }),
        );
        onSaved(webhook.id, null);
      } else {
        const made = await body(
          api.POST("/api/v1/webhooks", {
            params: { header: { "Idempotency-Key": key } },
            body: document,
          }),
        );
        onSaved(made.webhook.id, made.secret ?? null);
      }
      await client.invalidateQueries({ queryKey: ["webhooks"] });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={webhook ? t("edit") : t("new")}
      foot={
        <>
          <Button onClick={onClose}>{c("action.cancel")}</Button>
          <Button look="primary" busy={busy} onClick={() => void save()}>
            {webhook ? c("action.save") : c("action.create")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Field label={t("form.url")} hint={t("form.urlHint")} required error={errorOf("/url")}>
          <Input type="url" value={url} onChange={({ target }) => setUrl(target.value)} />
        </Field>
        <Field label={t("form.description")} error={errorOf("/description")}>
          <Input
            maxLength={500}
            value={description}
            onChange={({ target }) => setDescription(target.value)}
          />
        </Field>
        <Field
          label={t("form.events")}
          hint={t("form.eventsHint")}
          required
          error={errorOf("/events")}
        >
          <TextArea
            className="font-mono text-sm"
            spellCheck={false}
            value={events}
            onChange={({ target }) => setEvents(target.value)}
          />
        </Field>
        <Field
          label={t("form.filter")}
          hint={t("form.filterHint", { example: "event.data.payload.total > 100" })}
          error={errorOf("/filter")}
        >
          <Input
            className="font-mono text-sm"
            spellCheck={false}
            value={filter}
            onChange={({ target }) => setFilter(target.value)}
          />
        </Field>
        <Field label={t("form.channel")} hint={t("form.channelHint")} error={errorOf("/channel")}>
          <Input value={channel} onChange={({ target }) => setChannel(target.value)} />
        </Field>
        {error !== null && <Failure error={error} />}
      </div>
    </Dialog>
  );
}
