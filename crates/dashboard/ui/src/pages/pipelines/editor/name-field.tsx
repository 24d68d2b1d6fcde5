// A field for the name of something that the server or the file has: an agent, a tool, a pipeline, a channel.

import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { allPages, type Whole } from "@/api/all-pages";
import { api, body } from "@/api/client";
import { Field, Input } from "@/design/field";
import { useVocabulary } from "@/i18n/vocabulary";
import { useScope } from "./expression/past";

interface Named {
  name: string;
  note?: string;
}

const page = (cursor: string | undefined) => ({
  params: { query: { limit: 100, ...(cursor && { cursor }) } },
});

/** The names of each kind, and what is said beside them. */
const KINDS = {
  agent: () => allPages((cursor) => body(api.GET("/api/v1/agents", page(cursor)))),
  pipeline: () => allPages((cursor) => body(api.GET("/api/v1/pipelines", page(cursor)))),
  channel: () => allPages((cursor) => body(api.GET("/api/v1/channels", page(cursor)))),
  tool: async () => {
    const { items } = await body(api.GET("/api/v1/tools"));
    return { items: items.map(({ name, purpose }) => ({ name, note: purpose })), isWhole: true };
  },
} satisfies Record<string, () => Promise<Whole<Named>>>;

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
  const c = useVocabulary();
  const { definition } = useScope();
  const known = useQuery<Whole<Named>>({
    queryKey: [`${kind}s`, "names"],
    queryFn: KINDS[kind],
  });
  const inFile: { name?: unknown }[] =
    kind === "agent" && Array.isArray(definition.agents) ? definition.agents : [];
  const options = new Map<string, string | undefined>();
  for (const one of inFile) if (typeof one?.name === "string") options.set(one.name, undefined);
  for (const { name, note } of known.data?.items ?? [])
    if (!options.has(name)) options.set(name, note);
  const cut = known.data?.isWhole === false && c("list.cut", { most: known.data.items.length });
  return (
    <Field {...field} hint={cut ? [field.hint, cut].filter(Boolean).join(" ") : field.hint}>
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
