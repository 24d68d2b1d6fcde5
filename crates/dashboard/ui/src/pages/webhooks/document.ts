// A webhook as its form holds it, and as the API takes it.

import type { Schemas } from "@/api/client";
import { mergePatch } from "@/api/merge-patch";
import { choiceOf, type EventChoice, patternsOf } from "../startables/event-kinds";

type Webhook = Schemas["Webhook"];

/** What stands in the fields. */
export interface WebhookDraft {
  url: string;
  description: string;
  events: EventChoice;
  filter: string;
  channel: string;
}

/** The fields of a webhook, or those with which a new one begins. */
export function webhookDraft(webhook: Webhook | null): WebhookDraft {
  return {
    url: webhook?.url ?? "",
    description: webhook?.description ?? "",
    events: choiceOf(webhook?.events ?? []),
    filter: webhook?.filter ?? "",
    channel: webhook?.channel ?? "",
  };
}

/** What the API takes. */
export function webhookDocument(draft: WebhookDraft, before: Webhook | null) {
  const filter = draft.filter.trim();
  return {
    url: draft.url.trim(),
    description: draft.description.trim(),
    events: patternsOf(draft.events, before?.events),
    ...(filter && { filter }),
    ...(draft.channel && { channel: draft.channel }),
  };
}

/** What a change of a webhook says. */
export function webhookPatch(webhook: Webhook, draft: WebhookDraft) {
  const { url, description, events, filter, channel } = webhook;
  return mergePatch({ url, description, events, filter, channel }, webhookDocument(draft, webhook));
}
