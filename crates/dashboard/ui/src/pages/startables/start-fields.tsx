// The fields of what is started: a pipeline with its input, an agent with its task, or one action.

import { Field, Select, TextArea } from "@/design/field";
import { useVocabulary } from "@/i18n/vocabulary";
import { StartableField } from "./choice";
import { readJson } from "./json";
import type { StartDraft, StartKind, StartPlaces } from "./start";
import { useWords } from "./words";

interface StartFieldsProps {
  kinds: readonly StartKind[];
  draft: StartDraft;
  set: (next: Partial<StartDraft>) => void;
  places: StartPlaces;
  errorOf: (pointer: string) => string | undefined;
  /** A template, as an example of what texts may hold. */
  example: string;
  /** What a pipeline is given without an input. */
  without: string;
  /** Whether an agent cannot do without a task; else it is told of what happened. */
  needsTask?: boolean;
}

/** The fields. */
export function StartFields(props: StartFieldsProps) {
  const { kinds, draft, set, places, errorOf, example, without, needsTask = false } = props;
  const t = useWords();
  return (
    <>
      <Field label={t("kind.label")} required error={errorOf(places.kind)}>
        <Select
          value={draft.kind}
          onChange={({ target }) =>
            set({ kind: kinds.find((one) => one === target.value) ?? "pipeline" })
          }
        >
          {kinds.map((one) => (
            <option key={one} value={one}>
              {t(`kind.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
      {draft.kind === "pipeline" && (
        <>
          <StartableField
            kind="pipeline"
            value={draft.pipelineId}
            onChange={(pipelineId) => set({ pipelineId })}
            error={errorOf(places.id)}
          />
          <JsonField
            label={t("form.input")}
            hint={`${t("form.templates", { example })} ${without}`}
            error={errorOf(places.input)}
            value={draft.input}
            onChange={(input) => set({ input })}
          />
        </>
      )}
      {draft.kind === "agent" && (
        <>
          <StartableField
            kind="agent"
            value={draft.agentId}
            onChange={(agentId) => set({ agentId })}
            error={errorOf(places.id)}
          />
          {draft.agentInput === "" ? (
            <Field
              label={t("form.task")}
              hint={`${t("form.templates", { example })} ${needsTask ? "" : t("form.taskHint")}`}
              required={needsTask}
              error={errorOf(places.task)}
            >
              <TextArea value={draft.task} onChange={({ target }) => set({ task: target.value })} />
            </Field>
          ) : (
            <JsonField
              label={t("form.input")}
              hint={t("form.templates", { example })}
              error={errorOf(places.input)}
              value={draft.agentInput}
              onChange={(agentInput) => set({ agentInput })}
            />
          )}
        </>
      )}
      {draft.kind === "action" && (
        <JsonField
          label={t("form.config")}
          hint={t("form.configHint", {
            example: '{ "kind": "emit_event", "subject": "nights.begun" }',
          })}
          required
          error={errorOf(places.config)}
          value={draft.config}
          onChange={(config) => set({ config })}
        />
      )}
    </>
  );
}

interface JsonFieldProps {
  label: string;
  hint: string;
  required?: boolean;
  error: string | undefined;
  value: string;
  onChange: (text: string) => void;
}

function JsonField({ label, hint, required = false, error, value, onChange }: JsonFieldProps) {
  const c = useVocabulary();
  return (
    <Field
      label={label}
      hint={hint}
      required={required}
      error={readJson(value) === null ? c("error.json") : error}
    >
      <TextArea
        className="font-mono text-xs"
        spellCheck={false}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    </Field>
  );
}
