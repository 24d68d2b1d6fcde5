// What the pages of runs read.

import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";
import { type Definition, givenDefinition } from "../pipelines/definition";

/** The statuses in which a run stays. */
export const ENDED: ReadonlySet<Schemas["RunStatus"]> = new Set([
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
]);

/** Which runs are listed. */
export interface RunsWanted {
  status?: Schemas["RunStatus"] | undefined;
  pipelineId?: string | undefined;
  agentId?: string | undefined;
  children?: boolean | undefined;
  deliveries?: boolean | undefined;
}

/** Rows that are asked for at once. */
export const PAGE = 100;

/** A page of runs, the latest first. */
export function readRuns(
  { status, pipelineId, agentId, children, deliveries }: RunsWanted,
  cursor: string | undefined,
) {
  return body(
    api.GET("/api/v1/runs", {
      params: {
        query: {
          limit: PAGE,
          ...(cursor && { cursor }),
          ...(status && { status }),
          ...(pipelineId && { pipeline_id: pipelineId }),
          ...(agentId && { agent_id: agentId }),
          ...(children && { children }),
          ...(deliveries && { deliveries }),
        },
      },
    }),
  );
}

/** Runs, the latest first; all that were read are read again at each change. */
export function useRuns(wanted: RunsWanted) {
  const { status, pipelineId, agentId, children, deliveries } = wanted;
  return usePages(["runs", "list", status, pipelineId, agentId, children, deliveries], (cursor) =>
    readRuns(wanted, cursor),
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

/** One node, with its output however large. */
export function useRunNode(runId: string, nodeId: string, enabled: boolean) {
  return useQuery({
    queryKey: ["run", runId, "node", nodeId],
    queryFn: () =>
      body(
        api.GET("/api/v1/runs/{run_id}/nodes/{node_id}", {
          params: { path: { run_id: runId, node_id: nodeId } },
        }),
      ),
    enabled,
  });
}

/** What a run and those below it ask of people. */
export function useRunApprovals(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ["run", id, "approvals"],
    queryFn: () =>
      body(api.GET("/api/v1/runs/{run_id}/approvals", { params: { path: { run_id: id } } })),
    enabled,
  });
}

/** What a run has stored. */
export function useArtifacts(runId: string) {
  return usePages(["run", runId, "artifacts"], (cursor) =>
    body(
      api.GET("/api/v1/artifacts", {
        params: { query: { run_id: runId, limit: PAGE, ...(cursor && { cursor }) } },
      }),
    ),
  );
}

/** Where a run comes from, as far as pages say it. */
export interface Origin {
  parent?: { run_id: string; key: string };
  schedule_id?: string;
  /** The event triggers above it; the last one started it. */
  triggers?: string[];
}

/** Where a run comes from: its journal begins with that. */
export function useOrigin(runId: string) {
  return useQuery({
    queryKey: ["run-origin", runId],
    queryFn: async () => {
      const { items } = await body(
        api.GET("/api/v1/runs/{run_id}/journal", {
          params: { path: { run_id: runId }, query: { limit: 1 } },
        }),
      );
      const first = items[0]?.body as { run_started?: { origin?: Origin } } | undefined;
      return first?.run_started?.origin ?? {};
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** A version of a pipeline, as far as pages need it. */
export interface Pinned {
  number: number;
  definition: Definition;
}

/** Whether a run is of a graph, be it of a pipeline that is gone or one that came with the run. */
export function hasGraph(run: Pick<Schemas["RunSummary"], "machine" | "pipeline_version_id">) {
  return run.machine === "pipeline" && run.pipeline_version_id != null;
}

/** The version to which a run is pinned. */
export function usePinned({
  pipeline_version_id: id,
}: Pick<Schemas["RunSummary"], "pipeline_version_id">) {
  return useQuery({
    queryKey: ["pipeline-version", id],
    queryFn: async (): Promise<Pinned> => {
      const { number, definition } = await body(
        api.GET("/api/v1/pipeline-versions/{pipeline_version_id}", {
          params: { path: { pipeline_version_id: String(id) } },
        }),
      );
      return { number, definition: givenDefinition(definition) };
    },
    enabled: id != null,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Effects whose outcome nobody knows: of a run, or of the whole project. */
export function useUnknownOutcomes(runId?: string) {
  return usePages(["unknown-outcomes", "list", runId], (cursor) =>
    body(
      api.GET("/api/v1/unknown-outcomes", {
        params: {
          query: { limit: PAGE, ...(runId && { run_id: runId }), ...(cursor && { cursor }) },
        },
      }),
    ),
  );
}
