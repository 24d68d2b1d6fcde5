// The document that is sent says what stands in the fields, and leaves alone what was not touched.

import { afterAll, beforeAll, expect, test } from "vitest";
import type { Schemas } from "@/api/client";
import { actionOf, draftOf, policyOf, scheduleDocument, schedulePatch, timingOf } from "./document";

const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = "Europe/Paris";
});
afterAll(() => {
  process.env.TZ = zone;
});

const STORED: Schemas["Schedule"] = {
  id: "sch_1",
  name: "Nightly",
  status: "active",
  meaning: "",
  fires: 0,
  version: 3,
  actor: { type: "system" },
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
  timing: { type: "interval", every: "1h", anchor: "2026-10-25T01:30:00.250Z" },
  action: {
    type: "action",
    config: { kind: "emit_event" } as unknown as Record<string, never>,
    timeout: "30s",
  },
  policy: {
    misfire: { type: "fire_all", within: "2h" },
    overlap: "queue",
    jitter: "30s",
    end: "2027-03-28T01:15:00.500Z",
    retry: { attempts: 3, first_delay: "20s" },
  },
};

function patch(change: Partial<ReturnType<typeof draftOf>>) {
  const draft = { ...draftOf(STORED), ...change };
  const timing = timingOf(draft, STORED.timing);
  if (timing === null) throw new Error("no timing");
  return schedulePatch(STORED, scheduleDocument(draft, timing, STORED));
}

test("a form that nobody touched changes nothing, not even by a part of a second or an hour that comes twice", () => {
  expect(patch({})).toEqual({});
});

test("a time that is written is one of the reader's zone", () => {
  expect(patch({ end: "2027-07-01T09:00:00" })).toEqual({
    policy: { end: "2027-07-01T07:00:00.000Z" },
  });
  expect(patch({ end: "2027-01-01T09:00:00" })).toEqual({
    policy: { end: "2027-01-01T08:00:00.000Z" },
  });
  expect(patch({ end: "" })).toEqual({ policy: { end: null } });
});

test("another kind of timing is written whole", () => {
  expect(patch({ timing: "cron", expression: " 0 3 * * * ", zone: "" }).timing).toMatchObject({
    type: "cron",
    expression: "0 3 * * *",
    zone: "UTC",
  });
  expect(timingOf({ ...draftOf(STORED), timing: "once", at: "" })).toBeNull();
});

test("what the form does not show of retries and actions stays", () => {
  const draft = { ...draftOf(STORED), attempts: "5" };
  expect(policyOf(draft, STORED.policy).retry).toEqual({ attempts: 5, first_delay: "20s" });
  expect(actionOf(draft, STORED.action)).toMatchObject({ timeout: "30s" });
});
