// A schedule as its form holds it, and as the API takes it.

import type { Schemas } from "@/api/client";
import { mergePatch } from "@/api/merge-patch";
import { fromField, localZone, toField } from "@/i18n/local";
import { readJson, writeJson } from "../startables/json";
import { NO_START, type StartDraft, type StartPlaces } from "../startables/start";

type Schedule = Schemas["Schedule"];

/** What stands in the fields. */
export interface Draft extends StartDraft {
  name: string;
  timing: Schemas["Timing"]["type"];
  expression: string;
  zone: string;
  every: string;
  anchor: string;
  at: string;
  misfire: Schemas["Misfire"]["type"];
  within: string;
  overlap: Schemas["Overlap"];
  jitter: string;
  start: string;
  end: string;
  maxFires: string;
  attempts: string;
}

/** At which pointers the server tells of faults of what is started. */
export function placesOf({ kind }: Draft): StartPlaces {
  return {
    kind: "/action/type",
    id: kind === "agent" ? "/action/agent_id" : "/action/pipeline_id",
    input: "/action/input",
    task: "/action/task",
    config: "/action/config",
  };
}

/** The fields of a schedule, or those with which a new one begins. */
export function draftOf(schedule: Schedule | null): Draft {
  const { timing, action, policy } = schedule ?? {};
  return {
    ...NO_START,
    name: schedule?.name ?? "",
    timing: timing?.type ?? "cron",
    expression: timing?.type === "cron" ? timing.expression : "0 9 * * MON-FRI",
    zone: timing?.type === "cron" ? (timing.zone ?? "UTC") : localZone(),
    every: timing?.type === "interval" ? timing.every : "1h",
    anchor: timing?.type === "interval" ? toField(timing.anchor) : "",
    at: timing?.type === "once" ? toField(timing.at) : "",
    kind: action?.type ?? "pipeline",
    pipelineId: action?.type === "pipeline" ? action.pipeline_id : "",
    input: action?.type === "pipeline" ? writeJson(action.input) : "",
    agentId: action?.type === "agent" ? action.agent_id : "",
    task: action?.type === "agent" ? action.task : "",
    config: action?.type === "action" ? writeJson(action.config) : "",
    misfire: policy?.misfire?.type ?? "fire_once",
    within: policy?.misfire?.type === "fire_all" ? policy.misfire.within : "1h",
    overlap: policy?.overlap ?? "skip",
    jitter: policy?.jitter ?? "0s",
    start: toField(policy?.start),
    end: toField(policy?.end),
    maxFires: policy?.max_fires == null ? "" : String(policy.max_fires),
    attempts: policy?.retry == null ? "" : String(policy.retry.attempts),
  };
}

/**
 * The moment of a field. One that was not touched is as it was: the field knows no part of a second, and not
 * which of the two times it means when clocks go back.
 */
function momentOf(field: string, before: string | null | undefined): string | undefined {
  return before && field === toField(before) ? before : fromField(field);
}

/** When it fires, as far as enough is written. */
export function timingOf(draft: Draft, before?: Schemas["Timing"]): Schemas["Timing"] | null {
  switch (draft.timing) {
    case "cron": {
      const expression = draft.expression.trim();
      const zone = draft.zone.trim() || "UTC";
      return expression === "" ? null : { type: "cron", expression, zone };
    }
    case "interval": {
      const was = before?.type === "interval" ? before.anchor : null;
      const anchor = momentOf(draft.anchor, was);
      const every = draft.every.trim();
      return every === "" ? null : { type: "interval", every, ...(anchor && { anchor }) };
    }
    case "once": {
      const at = momentOf(draft.at, before?.type === "once" ? before.at : null);
      return at === undefined ? null : { type: "once", at };
    }
  }
}

/** By which policies; what the form does not show is as it was. */
export function policyOf(draft: Draft, before?: Schemas["SchedulePolicy"]) {
  const start = momentOf(draft.start, before?.start);
  const end = momentOf(draft.end, before?.end);
  const attempts = Number(draft.attempts);
  return {
    misfire:
      draft.misfire === "fire_all"
        ? { type: draft.misfire, within: draft.within.trim() }
        : { type: draft.misfire },
    overlap: draft.overlap,
    jitter: draft.jitter.trim() || "0s",
    ...(start && { start }),
    ...(end && { end }),
    ...(draft.maxFires && { max_fires: Number(draft.maxFires) }),
    ...(draft.attempts && { retry: { ...before?.retry, attempts } }),
  } satisfies Schemas["SchedulePolicy"];
}

/** What it starts. Faults are found before. */
export function actionOf(
  draft: Draft,
  before?: Schemas["ScheduledAction"],
): Schemas["ScheduledAction"] {
  switch (draft.kind) {
    case "pipeline": {
      const input = readJson(draft.input)?.value;
      const { pipelineId } = draft;
      return { type: "pipeline", pipeline_id: pipelineId, ...(input !== undefined && { input }) };
    }
    case "agent":
      return { type: "agent", agent_id: draft.agentId, task: draft.task };
    case "action":
      return {
        ...(before?.type === "action" && before),
        type: "action",
        config: (readJson(draft.config)?.value ?? {}) as Record<string, never>,
      };
  }
}

/** What the API takes. */
export function scheduleDocument(draft: Draft, timing: Schemas["Timing"], before: Schedule | null) {
  return {
    name: draft.name.trim(),
    timing,
    action: actionOf(draft, before?.action),
    policy: policyOf(draft, before?.policy),
  };
}

/** What a change of a schedule says. */
export function schedulePatch(before: Schedule, document: Schemas["ScheduleDocument"]) {
  const { name, timing, action, policy } = before;
  return mergePatch(
    { name, timing, action, policy },
    document as unknown as Record<string, unknown>,
  );
}
