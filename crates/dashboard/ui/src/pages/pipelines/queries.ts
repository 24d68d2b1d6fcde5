// What the pages of pipelines read and send.

import { useQuery } from "@tanstack/react-query";
import { api, body, idempotencyKey, type Schemas, version } from "@/api/client";
import { usePages } from "@/api/pages";
import type { Definition } from "./definition";

/** Rows that are asked for at once. */
const PAGE = 100;

/** Pipelines, in the order in which they were made. */
export function usePipelines() {
  return usePages(["pipelines", "list"], (cursor) =>
    body(
      api.GET("/api/v1/pipelines", {
        params: { query: { limit: PAGE, ...(cursor && { cursor }) } },
      }),
    ),
  );
}

/** One pipeline. */
export function usePipeline(id: string) {
  return useQuery({
    queryKey: ["pipelines", "one", id],
    queryFn: () =>
      body(api.GET("/api/v1/pipelines/{pipeline_id}", { params: { path: { pipeline_id: id } } })),
  });
}

/** The versions of a pipeline, the newest first. */
export function useVersions(id: string) {
  return usePages(["pipelines", "one", id, "versions"], (cursor) =>
    body(
      api.GET("/api/v1/pipelines/{pipeline_id}/versions", {
        params: { path: { pipeline_id: id }, query: { limit: 20, ...(cursor && { cursor }) } },
      }),
    ),
  );
}

/** The types of which nodes can be. */
export function useNodeTypes() {
  return useQuery({
    queryKey: ["node-types"],
    queryFn: async () => (await body(api.GET("/api/v1/node-types"))).items,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The faults of a definition. */
export async function validate(definition: Definition): Promise<Schemas["FieldError"][]> {
  const found = await body(api.POST("/api/v1/pipelines/validate", { body: definition as never }));
  return found.errors;
}

/** Makes a pipeline from a definition, or from the text of a YAML file. */
export function createPipeline(
  from: Definition | string,
  key: string,
): Promise<Schemas["Pipeline"]> {
  const header = { "Idempotency-Key": key };
  if (typeof from !== "string") {
    return body(api.POST("/api/v1/pipelines", { params: { header }, body: from as never }));
  }
  return body(
    api.POST("/api/v1/pipelines", {
      params: { header },
      headers: { "Content-Type": "application/yaml" },
      body: {},
      bodySerializer: () => from,
    }),
  );
}

/** Gives a pipeline another definition, if it is still the one that was read. */
export function replacePipeline(
  of: { id: string; version: number },
  definition: Definition,
): Promise<Schemas["Pipeline"]> {
  return body(
    api.PUT("/api/v1/pipelines/{pipeline_id}", {
      params: { path: { pipeline_id: of.id }, header: { "If-Match": version(of) } },
      body: definition as never,
    }),
  );
}

/** Removes a pipeline. */
export async function deletePipeline(id: string): Promise<void> {
  await api.DELETE("/api/v1/pipelines/{pipeline_id}", { params: { path: { pipeline_id: id } } });
}

/** Starts a run of a pipeline. */
export function startRun(id: string, input: unknown, key = idempotencyKey()) {
  return body(
    api.POST("/api/v1/pipelines/{pipeline_id}/runs", {
      params: { path: { pipeline_id: id }, header: { "Idempotency-Key": key } },
      body: { input: input as never },
    }),
  );
}
