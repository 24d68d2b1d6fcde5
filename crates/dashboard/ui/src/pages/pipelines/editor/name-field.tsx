// A field for the name of something that the server or the file has: an agent, a tool, a pipeline, a channel.

import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { api, body } from "@/api/client";
import { Field, Input } from "@/design/field";
import { useScope } from "./expression/past";

const query = { limit: 100 };

/** The names of each kind, and what is said beside them. */
const KINDS = {
  agent: async () =>
    (await body(api.GET("/api/v1/agents", { params: { query } }))).items.map(({ name }) => ({
      name,
    })),
  pipeline: async () =>
    (await body(api.GET("/api/v1/pipelines", { params: { query } }))).items.map(({ name }) => ({
      name,
    })),
  channel: async () =>
    (await body(api.GET("/api/v1/channels"))).items.map(({ name }) => ({ name })),
  tool: async () =>
    (await body(api.GET("/api/v1/tools"))).items.map(({ name, purpose }) => ({
      name,
      note: purpose,
    })),
} satisfies Record<string, () => Promise<{ name: string; note?: string }[]>>;

type Kind = keyof typeof KINDS;

/** Whether a property holds such a name. */
export function isNamed(property: string): property is Kind {
  return Object.hasOwn(KINDS, property);
}

interface NameFieldProps {
  kind: Kind;
  label: string;
  hint: string | undefined;
  error: string | undefined;
  required: boolean;
  value: string;
  onChange: (value: string | undefined) => void;
}

/** The field. It proposes the names that there are, and takes any. */
export function NameField({ kind, value, onChange, ...field }: NameFieldProps) {
  const list = useId();
  const { definition } = useScope();
  const known = useQuery<{ name: string; note?: string }[]>({
    queryKey: [`${kind}s`, "names"],
    queryFn: KINDS[kind],
  });
  const inFile: { name?: unknown }[] =
    kind === "agent" && Array.isArray(definition.agents) ? definition.agents : [];
  const options = new Map<string, string | undefined>();
  for (const one of inFile) if (typeof one?.name === "string") options.set(one.name, undefined);
  for (const { name, note } of known.data ?? []) if (!options.has(name)) options.set(name, note);
  return (
    <Field {...field}>
      <Input
        list={list}
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={({ target }) => onChange(target.value === "" ? undefined : target.value)}
      />
      <datalist id={list}>
        {[...options].map(([name, note]) => (
          <option key={name} value={name}>
            {note}
          </option>
        ))}
      </datalist>
    </Field>
  );
}
