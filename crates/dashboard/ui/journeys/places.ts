// Every address of the application, with its views, as a store makes them.

import { AGENT_VIEWS, APPROVAL_VIEWS, RUN_VIEWS, SCHEDULE_VIEWS } from "@/app/searches";
import type { Store } from "./store";

export interface Place {
  /** What its picture and its test are called. */
  name: string;
  /** The route of the router that shows it; none for what is shown to whoever is not signed in. */
  route: string | null;
  path: (store: Store) => string;
}

const place = (name: string, route: string, path: Place["path"] = () => route): Place => ({
  name,
  route,
  path,
});

/** One place for each view, behind the address of the first. */
const views = (
  name: string,
  route: string,
  path: Place["path"],
  key: string,
  all: readonly string[],
): Place[] =>
  all.map((view) => place(`${name}-${view}`, route, (store) => `${path(store)}?${key}=${view}`));

const SETTINGS = [
  "account",
  "sessions",
  "keys",
  "people",
  "providers",
  "secrets",
  "projects",
  "channels",
  "system",
];

/** What whoever is not signed in sees. The set-up is on a server that nobody has set up yet. */
export const ENTRANCE: Place[] = [
  { name: "sign-in", route: null, path: () => "/" },
  { name: "invitation", route: null, path: ({ links }) => links.invitation },
  { name: "new-password", route: null, path: ({ links }) => links.password },
];

/** What whoever is signed in can open. */
export const PLACES: Place[] = [
  place("home", "/"),
  place("runs", "/runs"),
  place("runs-failed", "/runs", () => "/runs?status=failed"),
  place("runs-children", "/runs", () => "/runs?children=true"),
  ...(
    [
      "succeeded",
      "failed",
      "running",
      "queued",
      "cancelled",
      "timed_out",
      "approval",
      "unknown",
      "timer",
      "child",
    ] as const
  ).map((run) => place(`run-${run}`, "/runs/$runId", ({ runs }) => `/runs/${runs[run]}`)),
  ...views("run-brief", "/runs/$runId", ({ runs }) => `/runs/${runs.brief}`, "view", RUN_VIEWS),
  place("run-node", "/runs/$runId", ({ runs }) => `/runs/${runs.brief}?node=review`),
  ...views("approvals", "/approvals", () => "/approvals", "view", APPROVAL_VIEWS),
  place("approval", "/approvals", ({ approvals }) => `/approvals?id=${approvals.open}`),
  place("pipelines", "/pipelines"),
  place(
    "pipeline",
    "/pipelines/$pipelineId",
    ({ pipelines }) => `/pipelines/${pipelines["research-brief"]}`,
  ),
  place(
    "editor",
    "/pipelines/$pipelineId/edit",
    ({ pipelines }) => `/pipelines/${pipelines["support-triage"]}/edit`,
  ),
  place("agents", "/agents"),
  ...views(
    "agent",
    "/agents/$agentId",
    ({ agents }) => `/agents/${agents.assistant}`,
    "view",
    AGENT_VIEWS,
  ),
  place(
    "thread",
    "/agents/$agentId",
    ({ agents, threads }) => `/agents/${agents.assistant}?thread=${threads.answered}`,
  ),
  place(
    "thread-writing",
    "/agents/$agentId",
    ({ agents, threads }) => `/agents/${agents.assistant}?thread=${threads.writing}`,
  ),
  place("thread-new", "/agents/$agentId", ({ agents }) => `/agents/${agents.assistant}?thread=new`),
  ...views("schedules", "/schedules", () => "/schedules", "view", SCHEDULE_VIEWS),
  place("schedule-new", "/schedules/new"),
  place(
    "schedule",
    "/schedules/$scheduleId",
    ({ schedules }) => `/schedules/${schedules.weekdays}`,
  ),
  place(
    "schedule-interval",
    "/schedules/$scheduleId",
    ({ schedules }) => `/schedules/${schedules.interval}`,
  ),
  place(
    "schedule-once",
    "/schedules/$scheduleId",
    ({ schedules }) => `/schedules/${schedules.once}`,
  ),
  place(
    "schedule-paused",
    "/schedules/$scheduleId",
    ({ schedules }) => `/schedules/${schedules.request}`,
  ),
  place(
    "schedule-edit",
    "/schedules/$scheduleId/edit",
    ({ schedules }) => `/schedules/${schedules.weekdays}/edit`,
  ),
  place("triggers", "/triggers"),
  place("trigger", "/triggers/$triggerId", ({ triggers }) => `/triggers/${triggers.failures}`),
  place("hook", "/triggers/hooks/$hookId", ({ hooks }) => `/triggers/hooks/${hooks.open}`),
  place("hook-signed", "/triggers/hooks/$hookId", ({ hooks }) => `/triggers/hooks/${hooks.signed}`),
  place("webhooks", "/webhooks"),
  place("webhook", "/webhooks/$webhookId", ({ webhooks }) => `/webhooks/${webhooks.taken}`),
  place("webhook-down", "/webhooks/$webhookId", ({ webhooks }) => `/webhooks/${webhooks.down}`),
  place("components", "/components"),
  place("events", "/events"),
  place("events-some", "/events", () => "/events?types=run.failed"),
  place("audit", "/audit"),
  place("settings", "/settings/"), // leads to the account
  ...SETTINGS.map((section) => place(`settings-${section}`, `/settings/${section}`)),
  place(
    "settings-project",
    "/settings/projects/$projectId",
    ({ projects }) => `/settings/projects/${projects.second}`,
  ),
  { name: "not-found", route: null, path: () => "/nowhere" },
];
