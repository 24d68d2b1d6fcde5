// What the pages of runs read.

import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";

/** Which runs are listed. */
export interface RunsWanted {
  status?: Schemas["RunStatus"] | undefined;
  pipelineId?: string | undefined;
  agentId?: string | undefined;
  children?: boolean | undefined;
}

/** Rows that are asked for at once. */
const PAGE = 100;

/** Runs, the latest first. */
export function useRuns({ status, pipelineId, agentId, children }: RunsWanted) {
  return usePages(["runs", "list", status, pipelineId, agentId, children], (cursor) =>
    body(
      api.GET("/api/v1/runs", {
        params: {
          query: {
            limit: PAGE,
            ...(cursor && { cursor }),
            ...(status && { status }),
            ...(pipelineId && { pipeline_id: pipelineId }),
            ...(agentId && { agent_id: agentId }),
            ...(children && { children }),
          },
        },
      }),
    ),
  );
}

/** One run. */
export function useRun(id: string) {
  return useQuery({
    queryKey: ["run", id],
    queryFn: () => body(api.GET("/api/v1/runs/{run_id}", { params: { path: { run_id: id } } })),
  });
}

/** How the nodes of a run stand. */
export function useRunNodes(id: string) {
  return useQuery({
    queryKey: ["run", id, "nodes"],
    queryFn: () =>
      body(api.GET("/api/v1/runs/{run_id}/nodes", { params: { path: { run_id: id } } })),
  });
}

/** The journal of a run. */
export function useJournal(id: string) {
  return usePages(["run", id, "journal"], (cursor) =>
    body(
      api.GET("/api/v1/runs/{run_id}/journal", {
        params: { path: { run_id: id }, query: { limit: PAGE, ...(cursor && { cursor }) } },
      }),
    ),
  );
}

/** Effects of the project whose outcome nobody knows. */
export function useUnknownOutcomes() {
  return useQuery({
    queryKey: ["unknown-outcomes"],
    queryFn: () =>
      body(api.GET("/api/v1/unknown-outcomes", { params: { query: { limit: PAGE } } })),
  });
}
