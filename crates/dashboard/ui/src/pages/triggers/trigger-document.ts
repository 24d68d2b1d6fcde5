// A trigger as its form holds it, and as the API takes it.

import type { Schemas } from "@/api/client";
import { mergePatch } from "@/api/merge-patch";
import { choiceOf, type EventChoice, patternsOf } from "../startables/event-kinds";
import { NO_START, type StartDraft, startDraft, startsOf } from "../startables/start";

/** What a trigger has that says nothing else. */
const PER_MINUTE = 600;

type Trigger = Schemas["Trigger"];

/** What stands in the fields. */
export interface TriggerDraft extends StartDraft {
  name: string;
  events: EventChoice;
  filter: string;
  perMinute: string;
  own: boolean;
}

/** The fields of a trigger, or those with which a new one begins. */
export function triggerDraft(trigger: Trigger | null): TriggerDraft {
  return {
    ...(trigger ? startDraft(trigger.starts, trigger.input) : NO_START),
    name: trigger?.name ?? "",
    events: choiceOf(trigger?.subjects ?? []),
    filter: trigger?.filter ?? "",
    perMinute: String(trigger?.per_minute ?? PER_MINUTE),
    own: trigger?.own_events ?? false,
  };
}

/** What the API takes. */
export function triggerDocument(draft: TriggerDraft, before: Trigger | null) {
  const filter = draft.filter.trim();
  return {
    name: draft.name.trim(),
    subjects: patternsOf(draft.events, before?.subjects),
    per_minute: Number(draft.perMinute),
    own_events: draft.own,
    ...(filter && { filter }),
    ...startsOf(draft),
  };
}

/** What a change of a trigger says. */
export function triggerPatch(trigger: Trigger, draft: TriggerDraft) {
  const { name, subjects, per_minute, own_events, filter, starts, input } = trigger;
  const before = { name, subjects, per_minute, own_events, filter, starts, input };
  return mergePatch(before, triggerDocument(draft, trigger));
}
