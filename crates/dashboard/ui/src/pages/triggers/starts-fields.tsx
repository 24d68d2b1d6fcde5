// The fields that a trigger and a hook have alike: what is started, by which filter, with which input.

import type { Schemas } from "@/api/client";
import { Field, Input, Select, TextArea } from "@/design/field";
import { useVocabulary } from "@/i18n/vocabulary";
import { StartableField } from "../startables/choice";
import { readJson } from "../startables/json";
import { useWords as useStartableWords } from "../startables/words";
import { useWords } from "./words";

/** What stands in them. */
export interface StartsDraft {
  kind: "pipeline" | "agent";
  id: string;
  filter: string;
  input: string;
}

/** With what they begin. */
export const NO_START: StartsDraft = { kind: "pipeline", id: "", filter: "", input: "" };

/** Lines as a list, without those that are empty. */
export function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

/** The members that they say; `null` if the input is no JSON. */
export function startsOf({ kind, id, filter, input }: StartsDraft) {
  const read = readJson(input);
  if (read === null) return null;
  const starts: Schemas["Startable"] =
    kind === "pipeline" ? { type: kind, pipeline_id: id } : { type: kind, agent_id: id };
  return {
    starts,
    ...(filter.trim() && { filter: filter.trim() }),
    ...(read.value !== undefined && { input: read.value }),
  };
}

interface StartsFieldsProps {
  draft: StartsDraft;
  onChange: (draft: StartsDraft) => void;
  errorOf: (pointer: string) => string | undefined;
  /** What expressions see. */
  about: "event" | "request";
}

/** The fields. */
export function StartsFields({ draft, onChange, errorOf, about }: StartsFieldsProps) {
  const t = useWords();
  const s = useStartableWords();
  const c = useVocabulary();
  const set = (next: Partial<StartsDraft>) => onChange({ ...draft, ...next });
  return (
    <>
      <Field label={s("kind.label")} required>
        <Select
          value={draft.kind}
          onChange={({ target }) =>
            set({ kind: target.value === "agent" ? "agent" : "pipeline", id: "" })
          }
        >
          <option value="pipeline">{s("kind.pipeline")}</option>
          <option value="agent">{s("kind.agent")}</option>
        </Select>
      </Field>
      <StartableField
        kind={draft.kind}
        value={draft.id}
        onChange={(id) => set({ id })}
        error={errorOf("/starts")}
      />
      <Field
        label={t("form.filter")}
        hint={
          about === "event"
            ? t("form.filterTrigger", { example: "event.data.payload.amount > 100" })
            : t("form.filterHook", { example: "request.body.action == 'opened'" })
        }
        error={errorOf("/filter")}
      >
        <Input
          className="font-mono text-sm"
          spellCheck={false}
          value={draft.filter}
          onChange={({ target }) => set({ filter: target.value })}
        />
      </Field>
      <Field
        label={t("form.input")}
        hint={t("form.inputHint", {
          example: about === "event" ? '"{{ event.data }}"' : '"{{ request.body }}"',
        })}
        error={readJson(draft.input) === null ? c("error.json") : errorOf("/input")}
      >
        <TextArea
          className="font-mono text-xs"
          spellCheck={false}
          value={draft.input}
          onChange={({ target }) => set({ input: target.value })}
        />
      </Field>
    </>
  );
}
