// What is started and with what, as fields hold it and as the API takes it.

import type { Schemas } from "@/api/client";
import { readJson, writeJson } from "./json";
import type { Faults } from "./saving";

export type StartKind = Schemas["ScheduledAction"]["type"];

/** What stands in the fields. What belongs to another kind stays there, and is not sent. */
export interface StartDraft {
  kind: StartKind;
  pipelineId: string;
  agentId: string;
  /** The input of a pipeline, as JSON. */
  input: string;
  /** What an agent is to do. */
  task: string;
  /** The input of an agent that is no plain task, as JSON. */
  agentInput: string;
  /** One action, as JSON. */
  config: string;
}

/** With what the fields begin. */
export const NO_START: StartDraft = {
  kind: "pipeline",
  pipelineId: "",
  agentId: "",
  input: "",
  task: "",
  agentInput: "",
  config: "",
};

/** The text of an input that is a task and nothing else. */
function taskOf(input: unknown): string | null {
  if (input === undefined || input === null) return "";
  if (typeof input !== "object" || Array.isArray(input)) return null;
  const { task, ...rest } = input as Record<string, unknown>;
  return typeof task === "string" && Object.keys(rest).length === 0 ? task : null;
}

/** The fields of what a trigger or a hook starts. */
export function startDraft(starts: Schemas["Startable"], input: unknown): StartDraft {
  if (starts.type === "pipeline") {
    return { ...NO_START, pipelineId: starts.pipeline_id, input: writeJson(input) };
  }
  const task = taskOf(input);
  return {
    ...NO_START,
    kind: "agent",
    agentId: starts.agent_id,
    task: task ?? "",
    agentInput: task === null ? writeJson(input) : "",
  };
}

/** What a trigger or a hook has of it. Faults are found before. */
export function startsOf(draft: StartDraft): { starts: Schemas["Startable"]; input?: unknown } {
  if (draft.kind === "agent") {
    const { task, agentInput } = draft;
    const input = readJson(agentInput)?.value ?? (task.trim() === "" ? undefined : { task });
    return {
      starts: { type: "agent", agent_id: draft.agentId },
      ...(input !== undefined && { input }),
    };
  }
  const input = readJson(draft.input)?.value;
  return {
    starts: { type: "pipeline", pipeline_id: draft.pipelineId },
    ...(input !== undefined && { input }),
  };
}

/** At which pointers the server tells of faults. */
export interface StartPlaces {
  kind: string;
  id: string;
  input: string;
  task: string;
  config: string;
}

/** Those of triggers and hooks. */
export const STARTS: StartPlaces = {
  kind: "/starts/type",
  id: "/starts",
  input: "/input",
  task: "/input",
  config: "/config",
};

/** What is wrong with the fields before they are sent. */
export function startFaults(
  draft: StartDraft,
  places: StartPlaces,
  says: { required: string; json: string },
): Faults {
  const bad = (text: string) => readJson(text) === null && says.json;
  switch (draft.kind) {
    case "pipeline":
      return {
        [places.id]: draft.pipelineId === "" && says.required,
        [places.input]: bad(draft.input),
      };
    case "agent":
      return {
        [places.id]: draft.agentId === "" && says.required,
        [places.task]: bad(draft.agentInput),
      };
    case "action":
      return { [places.config]: draft.config.trim() === "" ? says.required : bad(draft.config) };
  }
}
