// A schedule as its form holds it, and as the API takes it.

import type { Schemas } from "@/api/client";
import { fromField, localZone, toField } from "@/i18n/local";
import { readJson, writeJson } from "../startables/json";

/** What stands in the fields. */
export interface Draft {
  name: string;
  timing: Schemas["Timing"]["type"];
  expression: string;
  zone: string;
  every: string;
  anchor: string;
  at: string;
  action: Schemas["ScheduledAction"]["type"];
  pipelineId: string;
  input: string;
  agentId: string;
  task: string;
  config: string;
  misfire: Schemas["Misfire"]["type"];
  within: string;
  overlap: Schemas["Overlap"];
  jitter: string;
  start: string;
  end: string;
  maxFires: string;
  attempts: string;
}

/** The fields of a schedule, or those with which a new one begins. */
export function draftOf(schedule: Schemas["Schedule"] | null): Draft {
  const timing = schedule?.timing;
  const action = schedule?.action;
  const policy = schedule?.policy;
  return {
    name: schedule?.name ?? "",
    timing: timing?.type ?? "cron",
    expression: timing?.type === "cron" ? timing.expression : "0 9 * * MON-FRI",
    zone: timing?.type === "cron" ? (timing.zone ?? "UTC") : localZone(),
    every: timing?.type === "interval" ? timing.every : "1h",
    anchor: timing?.type === "interval" ? toField(timing.anchor) : "",
    at: timing?.type === "once" ? toField(timing.at) : "",
    action: action?.type ?? "pipeline",
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

/** When it fires, as far as enough is written. */
export function timingOf(draft: Draft): Schemas["Timing"] | null {
  switch (draft.timing) {
    case "cron": {
      const expression = draft.expression.trim();
      return expression === "" ? null : { type: "cron", expression, zone: draft.zone || "UTC" };
    }
    case "interval": {
      const anchor = fromField(draft.anchor);
      const every = draft.every.trim();
      return every === "" ? null : { type: "interval", every, ...(anchor && { anchor }) };
    }
    case "once": {
      const at = fromField(draft.at);
      return at === undefined ? null : { type: "once", at };
    }
  }
}

/** By which policies; what the form does not show is as it was. */
export function policyOf(draft: Draft, before?: Schemas["SchedulePolicy"]) {
  const start = fromField(draft.start);
  const end = fromField(draft.end);
  const attempts = Number(draft.attempts);
  return {
    misfire:
      draft.misfire === "fire_all"
        ? { type: draft.misfire, within: draft.within }
        : { type: draft.misfire },
    overlap: draft.overlap,
    jitter: draft.jitter.trim() || "0s",
    ...(start && { start }),
    ...(end && { end }),
    ...(draft.maxFires && { max_fires: Number(draft.maxFires) }),
    ...(draft.attempts && { retry: { ...before?.retry, attempts } }),
  } satisfies Schemas["SchedulePolicy"];
}

/** What it starts; `null` if some JSON of it is none. */
export function actionOf(
  draft: Draft,
  before?: Schemas["ScheduledAction"],
): Schemas["ScheduledAction"] | null {
  switch (draft.action) {
    case "pipeline": {
      const input = readJson(draft.input);
      if (input === null) return null;
      return {
        type: "pipeline",
        pipeline_id: draft.pipelineId,
        ...(input.value !== undefined && { input: input.value }),
      };
    }
    case "agent":
      return { type: "agent", agent_id: draft.agentId, task: draft.task };
    case "action": {
      const config = readJson(draft.config);
      if (config === null) return null;
      return {
        ...(before?.type === "action" && before),
        type: "action",
        config: (config.value ?? {}) as Record<string, never>,
      };
    }
  }
}
