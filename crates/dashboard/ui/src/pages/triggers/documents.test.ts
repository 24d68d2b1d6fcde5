// What the forms of triggers and hooks send: changes alone, and never a secret that nobody wrote.

import { expect, test } from "vitest";
import type { Schemas } from "@/api/client";
import { hookDocument, hookDraft, hookPatch, keepsSecret } from "./hook-document";
import { triggerDraft, triggerPatch } from "./trigger-document";

const MADE = {
  version: 2,
  acts_for: { type: "system" },
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
  enabled: true,
} as const;
const STARTS = { type: "agent", agent_id: "agt_1" } as const;

const TRIGGER: Schemas["Trigger"] = {
  ...MADE,
  id: "trg_1",
  name: "Failures",
  subjects: ["orders.*", "run.failed"],
  filter: "event.data.n > 1",
  starts: STARTS,
  input: { task: "Look at {{ event.id }}" },
  per_minute: 600,
  own_events: false,
  counts: { started: 0, dropped: 0, failed: 0 },
};

const HOOK: Schemas["Hook"] = {
  ...MADE,
  id: "hok_1",
  name: "Shop",
  starts: STARTS,
  verification: { type: "hmac_sha256", header: "x-signature", prefix: "sha256=" },
  headers: ["x-shop-topic"],
  answer: { type: "wait", at_most: "5s" },
  counts: { started: 0, repeated: 0, ignored: 0, refused: 0, failed: 0 },
};

test("a trigger that nobody touched is not changed", () => {
  expect(triggerPatch(TRIGGER, triggerDraft(TRIGGER))).toEqual({});
});

test("what is emptied is removed, and an event that is ticked comes behind those before", () => {
  const draft = triggerDraft(TRIGGER);
  const events = { ...draft.events, kinds: [...draft.events.kinds, "run.timed_out"] };
  expect(triggerPatch(TRIGGER, { ...draft, filter: " ", task: "", events })).toEqual({
    filter: null,
    input: null,
    subjects: ["orders.*", "run.failed", "run.timed_out"],
  });
});

test("a hook that nobody touched is not changed, and keeps its secret", () => {
  const draft = hookDraft(HOOK);
  expect(hookPatch(HOOK, draft)).toEqual({});
  expect(hookPatch(HOOK, { ...draft, secret: "new" })).toEqual({
    verification: { secret: "new" },
  });
});

test("another verification needs a secret of its own, and takes nothing of the one before", () => {
  const draft = { ...hookDraft(HOOK), verification: "github" as const };
  expect(keepsSecret(draft, HOOK)).toBe(false);
  expect(hookDocument({ ...draft, secret: "s" }).verification).toEqual({
    type: "github",
    secret: "s",
  });
  expect(hookDocument({ ...draft, verification: "none", secret: "s" }).verification).toEqual({
    type: "none",
  });
});
