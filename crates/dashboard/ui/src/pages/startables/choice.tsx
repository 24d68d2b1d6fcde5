// What schedules, triggers and hooks start: the pipelines and agents of the project, to choose and to name.

import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/api/client";
import { NullMember } from "@/api/merge-patch";
import type { ListPage } from "@/api/pages";
import { Field, Select } from "@/design/field";
import { Failure } from "@/design/state";
import { useWords } from "./words";

/** Something with a name that can be started. */
export interface Startable {
  id: string;
  name: string;
}

type Kind = "pipeline" | "agent";

const PAGE = 200;

async function all(read: (cursor: string | undefined) => Promise<ListPage<Startable>>) {
  const found: Startable[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    found.push(...page.items.map(({ id, name }) => ({ id, name })));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return found.sort((one, other) => one.name.localeCompare(other.name));
}

/** All pipelines, or all agents, of the project by name. */
export function useStartables(kind: Kind) {
  return useQuery({
    queryKey: ["startables", kind],
    queryFn: () =>
      all((cursor) => {
        const params = { query: { limit: PAGE, ...(cursor && { cursor }) } };
        return kind === "pipeline"
          ? body(api.GET("/api/v1/pipelines", { params }))
          : body(api.GET("/api/v1/agents", { params }));
      }),
  });
}

/** The name of what is started. */
export function StartableName({ kind, id }: { kind: Kind; id: string }) {
  const t = useWords();
  const startables = useStartables(kind);
  const name = startables.data?.find((one) => one.id === id)?.name;
  return (
    <span className="break-words">
      <span className="text-soft">{t(kind)}</span>{" "}
      {name ?? (startables.data ? t("gone", { id }) : id)}
    </span>
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
  const startables = useStartables(kind);
  if (startables.error) {
    return <Failure error={startables.error} onRetry={() => void startables.refetch()} />;
  }
  const choices = startables.data ?? [];
  const none = startables.data?.length === 0;
  return (
    <Field
      label={t(kind)}
      required
      error={error}
      hint={none && t(kind === "pipeline" ? "nonePipelines" : "noneAgents")}
    >
      <Select value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">{t("choose")}</option>
        {value !== "" && startables.data && !choices.some(({ id }) => id === value) && (
          <option value={value}>{t("gone", { id: value })}</option>
        )}
        {choices.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Select>
    </Field>
  );
}

/** A failure of a form, in the person's words where these pages made it. */
export function useFormFailure(): (error: unknown) => unknown {
  const t = useWords();
  return (error) =>
    error instanceof NullMember ? new Error(t("nullMember", { name: error.message })) : error;
}
