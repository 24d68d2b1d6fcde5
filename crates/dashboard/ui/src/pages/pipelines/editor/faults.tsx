// The faults of the definition: asked of the server a moment after a change, shown in a list.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useReactFlow } from "@xyflow/react";
import { CircleAlert, CircleCheck } from "lucide-react";
import { type Dispatch, type ReactNode, useEffect, useState } from "react";
import type { Schemas } from "@/api/client";
import { writeJson } from "@/api/exact";
import { Failure } from "@/design/state";
import type { Definition } from "../definition";
import { validate } from "../queries";
import type { Action } from "./document";
import { aboutOf } from "./drawing";
import { useWords } from "./words";

/** How long nothing must change before the server is asked. */
const QUIET_MS = 400;

/** The faults of the definition as it was a moment ago. */
export function useFaults(definition: Definition) {
  const [quiet, setQuiet] = useState(definition);
  useEffect(() => {
    const timer = setTimeout(() => setQuiet(definition), QUIET_MS);
    return () => clearTimeout(timer);
  }, [definition]);
  const query = useQuery({
    queryKey: ["pipeline-faults", writeJson(quiet)],
    queryFn: () => validate(quiet),
    placeholderData: keepPreviousData,
    gcTime: 10_000,
    staleTime: 30_000,
  });
  const checked = quiet === definition && !query.isFetching && !query.isPlaceholderData;
  return { faults: query.data, error: query.error, checked };
}

interface FaultsProps extends ReturnType<typeof useFaults> {
  definition: Definition;
  dispatch: Dispatch<Action>;
  /** Beside how many there are. */
  children: ReactNode;
}

/** The list. A fault leads to its node or edge. */
export function Faults({ faults, error, checked, definition, dispatch, children }: FaultsProps) {
  const t = useWords();
  const flow = useReactFlow();
  const show = ({ pointer }: Schemas["FieldError"]) => {
    const about = aboutOf(pointer);
    const node = about?.kind === "nodes" ? definition.nodes[about.index] : undefined;
    const edge = about?.kind === "edges" ? definition.edges[about.index] : undefined;
    dispatch({
      do: "show",
      selection: {
        nodes: node ? [node.id] : [],
        edges: edge && about ? [about.index] : [],
      },
    });
    const ids = node ? [node.id] : edge ? [edge.from, edge.to] : [];
    if (ids.length > 0) {
      void flow.fitView({ nodes: ids.map((id) => ({ id })), maxZoom: 1, duration: 200 });
    }
  };
  const count = faults?.length ?? 0;
  return (
    <section aria-label={t("faults.title")} className="border-t border-line bg-card text-sm">
      {error && <Failure error={error} className="m-2" />}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3 py-1.5">
        <p role="status" className="flex flex-1 basis-32 items-center gap-2">
          {count > 0 ? (
            <CircleAlert aria-hidden className="size-4 text-bad" />
          ) : (
            <CircleCheck aria-hidden className="size-4 text-good" />
          )}
          {faults === undefined
            ? t("faults.checking")
            : count === 0
              ? t("faults.none")
              : t("faults.some", { count })}
          {!checked && faults !== undefined && (
            <span className="text-xs text-soft">{t("faults.checking")}</span>
          )}
        </p>
        {children}
      </div>
      {count > 0 && (
        <ul className="max-h-32 overflow-y-auto border-t border-line">
          {faults?.map((fault) => (
            <li key={`${fault.pointer} ${fault.code} ${fault.message}`}>
              <button
                type="button"
                onClick={() => show(fault)}
                className="flex w-full flex-wrap gap-x-2 px-3 py-1 text-left hover:bg-hover"
              >
                <code className="font-mono text-xs text-soft">{fault.pointer || "/"}</code>
                <span className="min-w-0 break-words">{fault.message}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
