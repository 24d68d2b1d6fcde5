// What addresses say behind their `?`; what makes no sense is left out.

import type { Schemas } from "@/api/client";

/** The statuses of runs, in the order in which people go through them. */
export const RUN_STATUSES = [
  "queued",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
] as const;

/** Which runs are listed. */
export interface RunsSearch {
  status?: Schemas["RunStatus"] | undefined;
  pipeline?: string | undefined;
  agent?: string | undefined;
  children?: boolean | undefined;
  deliveries?: boolean | undefined;
}

export function runsSearch(search: Record<string, unknown>): RunsSearch {
  const status = RUN_STATUSES.find((one) => one === search.status);
  const { pipeline, agent } = search;
  return {
    ...(status && { status }),
    ...(typeof pipeline === "string" && { pipeline }),
    ...(typeof agent === "string" && { agent }),
    ...(search.children === true && { children: true }),
    ...(search.deliveries === true && { deliveries: true }),
  };
}

/** The views of a run. */
export const RUN_VIEWS = ["graph", "timeline", "data", "artifacts", "journal"] as const;
export type RunView = (typeof RUN_VIEWS)[number];

/** What is shown of a run. */
export interface RunSearch {
  view?: RunView | undefined;
  /** The node that is looked at. */
  node?: string | undefined;
}

export function runSearch(search: Record<string, unknown>): RunSearch {
  const view = RUN_VIEWS.find((one) => one === search.view);
  return { ...(view && { view }), ...(typeof search.node === "string" && { node: search.node }) };
}

/** The views of the inbox. */
export const APPROVAL_VIEWS = ["mine", "open", "decided", "expired", "run_ended"] as const;
export type ApprovalView = (typeof APPROVAL_VIEWS)[number];

/** Which approvals are listed. */
export interface ApprovalsSearch {
  view?: ApprovalView | undefined;
  /** The one that is shown first. */
  id?: string | undefined;
}

export function approvalsSearch(search: Record<string, unknown>): ApprovalsSearch {
  const view = APPROVAL_VIEWS.find((one) => one === search.view);
  return { ...(view && { view }), ...(typeof search.id === "string" && { id: search.id }) };
}

/** The views of an agent. */
export const AGENT_VIEWS = ["chat", "definition", "versions", "preview"] as const;
export type AgentView = (typeof AGENT_VIEWS)[number];

/** What is shown of an agent. */
export interface AgentSearch {
  view?: AgentView | undefined;
  /** The thread that is open; `new` for one that has yet to begin. */
  thread?: string | undefined;
}

export function agentSearch(search: Record<string, unknown>): AgentSearch {
  const view = AGENT_VIEWS.find((one) => one === search.view);
  const { thread } = search;
  return { ...(view && { view }), ...(typeof thread === "string" && { thread }) };
}

/** Windows that an address can open: that of something new, and that of a run. */
export const OPENS = ["new", "trigger", "hook", "run"] as const;
export type Opens = (typeof OPENS)[number];

/** Which window is open. */
export interface OpenSearch {
  open?: Opens | undefined;
}

export function openSearch(search: Record<string, unknown>): OpenSearch {
  const open = OPENS.find((one) => one === search.open);
  return { ...(open && { open }) };
}

/** The views of the schedules. */
export const SCHEDULE_VIEWS = ["list", "calendar"] as const;

/** How schedules are shown. */
export interface SchedulesSearch {
  view?: (typeof SCHEDULE_VIEWS)[number] | undefined;
}

export function schedulesSearch(search: Record<string, unknown>): SchedulesSearch {
  const view = SCHEDULE_VIEWS.find((one) => one === search.view);
  return { ...(view && { view }) };
}

/** Which events are followed. */
export interface EventsSearch {
  /** Patterns with commas between them. */
  types?: string | undefined;
}

export function eventsSearch(search: Record<string, unknown>): EventsSearch {
  return typeof search.types === "string" && search.types !== "" ? { types: search.types } : {};
}

/** How an audited action can end. */
export const AUDIT_OUTCOMES = ["done", "begun", "failed", "refused"] as const;

/** Which entries of the trail are listed. */
export interface AuditSearch {
  action?: string | undefined;
  actor?: string | undefined;
  outcome?: (typeof AUDIT_OUTCOMES)[number] | undefined;
  from?: string | undefined;
  to?: string | undefined;
  project?: string | undefined;
}

export function auditSearch(search: Record<string, unknown>): AuditSearch {
  const outcome = AUDIT_OUTCOMES.find((one) => one === search.outcome);
  const found: AuditSearch = { ...(outcome && { outcome }) };
  for (const name of ["action", "actor", "project"] as const) {
    const value = search[name];
    if (typeof value === "string" && value !== "") found[name] = value;
  }
  for (const name of ["from", "to"] as const) {
    const value = search[name];
    if (typeof value === "string" && !Number.isNaN(Date.parse(value))) found[name] = value;
  }
  return found;
}
