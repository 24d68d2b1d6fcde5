// What the pages of agents read.

import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";

/** Rows that are asked for at once. */
const PAGE = 50;
/** Messages that are asked for at once: each brings its run. */
const MESSAGES = 20;

/** What an agent is, as its author wrote it. Members that the pages do not know are kept. */
export type Definition = Record<string, unknown>;

/** The definition of an agent or of a version. */
export function definitionOf(of: Pick<Schemas["Agent"], "definition">): Definition {
  return of.definition as Definition;
}

/** All agents, in the order in which they were made. */
export function useAgents() {
  return usePages(["agents", "list"], (cursor) =>
    body(
      api.GET("/api/v1/agents", { params: { query: { limit: PAGE, ...(cursor && { cursor }) } } }),
    ),
  );
}

/** One agent. */
export function useAgent(id: string) {
  return useQuery({
    queryKey: ["agents", id],
    queryFn: () =>
      body(api.GET("/api/v1/agents/{agent_id}", { params: { path: { agent_id: id } } })),
  });
}

/** Versions of an agent, the newest first. */
export function useVersions(id: string) {
  return usePages(["agents", id, "versions"], (cursor) =>
    body(
      api.GET("/api/v1/agents/{agent_id}/versions", {
        params: { path: { agent_id: id }, query: { limit: PAGE, ...(cursor && { cursor }) } },
      }),
    ),
  );
}

/** The person's threads with an agent, the newest first. */
export function useThreads(agentId: string) {
  return usePages(["threads", "of", agentId], (cursor) =>
    body(
      api.GET("/api/v1/agents/{agent_id}/threads", {
        params: { path: { agent_id: agentId }, query: { limit: PAGE, ...(cursor && { cursor }) } },
      }),
    ),
  );
}

/** Messages of a thread with their answers, the newest first. */
export function useMessages(threadId: string) {
  return usePages(["threads", threadId, "messages"], (cursor) =>
    body(
      api.GET("/api/v1/threads/{thread_id}/messages", {
        params: {
          path: { thread_id: threadId },
          query: { limit: MESSAGES, ...(cursor && { cursor }) },
        },
      }),
    ),
  );
}

/** What a run asks of people. */
export function useRunApprovals(runId: string, enabled: boolean) {
  return useQuery({
    queryKey: ["approvals", "run", runId],
    queryFn: () =>
      body(api.GET("/api/v1/runs/{run_id}/approvals", { params: { path: { run_id: runId } } })),
    enabled,
  });
}

/** The tools that agents may be given. */
export function useTools() {
  return useQuery({
    queryKey: ["agents", "tools"],
    queryFn: () => body(api.GET("/api/v1/tools")),
  });
}

/** Names of models to choose from: each provider's own choice, and all of the provider that is named. */
export function useModelNames(typed: string): string[] {
  const providers = useQuery({
    queryKey: ["agents", "providers"],
    queryFn: () => body(api.GET("/api/v1/providers", { params: { query: { limit: 200 } } })),
  });
  const items = providers.data?.items ?? [];
  const named = items.find(({ name }) => typed.startsWith(`${name}/`))?.name;
  const models = useQuery({
    queryKey: ["agents", "models", named],
    queryFn: () =>
      body(api.GET("/api/v1/providers/{name}/models", { params: { path: { name: named ?? "" } } })),
    enabled: named !== undefined,
    // The provider may be out of reach, and a name can be typed all the same.
    retry: false,
    staleTime: 300_000,
  });
  const own = items.map(({ name, default_model }) => `${name}/${default_model ?? ""}`);
  const all = models.data?.items.map((model) => `${named}/${model.name}`) ?? [];
  return [...new Set([...all, ...own])];
}
