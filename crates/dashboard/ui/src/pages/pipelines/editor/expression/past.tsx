// The data of the latest run of a pipeline, beside the expressions that name them.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { createContext, use } from "react";
import { api, body } from "@/api/client";
import { writeJson } from "@/api/exact";
import { Ago } from "@/design/time";
import { useWords } from "../words";
import { type Path, written } from "./paths";
import { type PastRun, pastValue, type Scope } from "./scope";

/** What the expressions of the form that is shown may name, and whether they can be changed. */
export interface FormScope extends Scope {
  readOnly: boolean;
}

export const InScope = createContext<FormScope>({
  definition: { nodes: [], edges: [] },
  node: null,
  past: null,
  readOnly: false,
});

export function useScope(): FormScope {
  return use(InScope);
}

/** The latest run of a pipeline; null if it has never run. */
export function usePastRun(pipelineId: string) {
  return useQuery({
    queryKey: ["runs", "latest", pipelineId],
    queryFn: async (): Promise<PastRun | null> => {
      const query = { pipeline_id: pipelineId, children: true, limit: 1 };
      const [latest] = (await body(api.GET("/api/v1/runs", { params: { query } }))).items;
      if (!latest) return null;
      const params = { path: { run_id: latest.id } };
      const [run, { nodes }] = await Promise.all([
        body(api.GET("/api/v1/runs/{run_id}", { params })),
        body(api.GET("/api/v1/runs/{run_id}/nodes", { params })),
      ]);
      return { run, nodes };
    },
  });
}

/** Of a long value, so much is shown. */
const SHOWN = 400;

/** What paths had in that run. */
export function PastValues({ paths, scope }: { paths: readonly Path[]; scope: Scope }) {
  const t = useWords();
  const { past } = scope;
  const shown = paths.filter((path) => path[0] !== "run");
  if (past === null || shown.length === 0) return null;
  return (
    <details className="text-xs text-soft">
      <summary className="w-fit select-none hover:text-ink">
        {t("past.title", { count: shown.length })}
      </summary>
      <div className="mt-1 flex flex-col gap-1 rounded-md bg-sunken p-2">
        <dl className="flex flex-col gap-1">
          {shown.map((path) => {
            const name = written(path);
            const value = pastValue(scope, path);
            const text = value === undefined ? null : writeJson(value, 1);
            return (
              <div key={name} className="min-w-0">
                <dt className="font-mono text-2xs break-all">{name}</dt>
                <dd className="max-h-32 overflow-y-auto font-mono text-2xs break-words whitespace-pre-wrap text-ink">
                  {text === null
                    ? t("past.none")
                    : text.length > SHOWN
                      ? `${text.slice(0, SHOWN)}…`
                      : text}
                </dd>
              </div>
            );
          })}
        </dl>
        <p className="text-2xs">
          <Link
            to="/runs/$runId"
            params={{ runId: past.run.id }}
            className="text-accent hover:underline"
          >
            {t("past.run")}
          </Link>{" "}
          <Ago at={past.run.created_at} />
        </p>
      </div>
    </details>
  );
}
