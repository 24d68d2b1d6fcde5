// What schedules, triggers and hooks start: the pipelines and agents of the project, to choose and to name.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { allPages } from "@/api/all-pages";
import { api, body, type Schemas } from "@/api/client";
import { Field, Select } from "@/design/field";
import { Failure } from "@/design/state";
import { useVocabulary } from "@/i18n/vocabulary";
import { useWords } from "./words";

/** Something with a name that can be started. */
interface Startable {
  id: string;
  name: string;
}

type Kind = "pipeline" | "agent";

const PAGE = 200;

/** All pipelines, or all agents, of the project by name. */
function useStartables(kind: Kind) {
  return useQuery({
    queryKey: ["startables", kind],
    queryFn: async () => {
      const { items, isWhole } = await allPages<Startable>((cursor) => {
        const params = { query: { limit: PAGE, ...(cursor && { cursor }) } };
        return kind === "pipeline"
          ? body(api.GET("/api/v1/pipelines", { params }))
          : body(api.GET("/api/v1/agents", { params }));
      });
      const named = items.map(({ id, name }) => ({ id, name }));
      return { items: named.sort((one, other) => one.name.localeCompare(other.name)), isWhole };
    },
  });
}

/** The name of what is started, and the way to it. */
function StartableName({ kind, id }: { kind: Kind; id: string }) {
  const t = useWords();
  const startables = useStartables(kind);
  const name = startables.data?.items.find((one) => one.id === id)?.name;
  const look = "text-accent hover:underline";
  return (
    <span className="break-words">
      <span className="text-soft">{t(kind)}</span>{" "}
      {startables.data?.isWhole && name === undefined ? (
        t("gone", { id })
      ) : kind === "pipeline" ? (
        <Link to="/pipelines/$pipelineId" params={{ pipelineId: id }} className={look}>
          {name ?? id}
        </Link>
      ) : (
        <Link to="/agents/$agentId" params={{ agentId: id }} className={look}>
          {name ?? id}
        </Link>
      )}
    </span>
  );
}

/** What a trigger or a hook starts, by name. */
export function Starts({ starts }: { starts: Schemas["Startable"] }) {
  return starts.type === "pipeline" ? (
    <StartableName kind="pipeline" id={starts.pipeline_id} />
  ) : (
    <StartableName kind="agent" id={starts.agent_id} />
  );
}

/** The way to a run. */
export function RunLink({ id, children }: { id: string; children?: string }) {
  const t = useWords();
  return (
    <Link
      to="/runs/$runId"
      params={{ runId: id }}
      className="whitespace-nowrap text-accent hover:underline"
    >
      {children ?? t("show.run")}
    </Link>
  );
}

interface ChoiceProps {
  kind: Kind;
  value: string;
  onChange: (id: string) => void;
  error?: string | undefined;
}

/** The field that chooses one. */
export function StartableField({ kind, value, onChange, error }: ChoiceProps) {
  const t = useWords();
  const c = useVocabulary();
  const startables = useStartables(kind);
  if (startables.error) {
    return <Failure error={startables.error} onRetry={() => void startables.refetch()} />;
  }
  const { items: choices = [], isWhole = true } = startables.data ?? {};
  const none = startables.data && choices.length === 0;
  const unseen = value !== "" && startables.data && !choices.some(({ id }) => id === value);
  return (
    <Field
      label={t(kind)}
      required
      error={error}
      hint={
        none
          ? t(kind === "pipeline" ? "nonePipelines" : "noneAgents")
          : !isWhole && c("list.cut", { most: choices.length })
      }
    >
      <Select value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">{t("choose")}</option>
        {unseen && <option value={value}>{isWhole ? t("gone", { id: value }) : value}</option>}
        {choices.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Select>
    </Field>
  );
}
