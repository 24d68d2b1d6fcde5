// The fields of what is started: a pipeline with its input, an agent with its task, or one action.

import type { ComponentProps } from "react";
import { binder, ChoiceField, LinesField } from "@/forms/fields";
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
  /** Whether an agent cannot do without a task; else it is shown what happened. */
  needsTask?: boolean;
}

/** The fields. */
export function StartFields(props: StartFieldsProps) {
  const { kinds, draft, set, places, errorOf, example, without, needsTask = false } = props;
  const t = useWords();
  const to = binder(draft, set, errorOf);
  const templates = t("form.templates", { example });
  return (
    <>
      <ChoiceField
        {...to("kind", places.kind)}
        label={t("kind.label")}
        choices={kinds}
        say={(kind) => t(`kind.${kind}`)}
      />
      {draft.kind === "pipeline" && (
        <>
          <StartableField kind="pipeline" {...to("pipelineId", places.id)} />
          <JsonField
            {...to("input", places.input)}
            label={t("form.input")}
            hint={`${templates} ${without}`}
          />
        </>
      )}
      {draft.kind === "agent" && (
        <>
          <StartableField kind="agent" {...to("agentId", places.id)} />
          {draft.agentInput === "" ? (
            <LinesField
              {...to("task", places.task)}
              label={t("form.task")}
              hint={needsTask ? templates : `${templates} ${t("form.taskHint")}`}
              required={needsTask}
            />
          ) : (
            <JsonField
              {...to("agentInput", places.input)}
              label={t("form.input")}
              hint={templates}
            />
          )}
        </>
      )}
      {draft.kind === "action" && (
        <JsonField
          {...to("config", places.config)}
          label={t("form.config")}
          hint={t("form.configHint", {
            example: '{ "kind": "emit_event", "subject": "nights.begun" }',
          })}
          required
        />
      )}
    </>
  );
}

function JsonField({ error, ...rest }: ComponentProps<typeof LinesField>) {
  const c = useVocabulary();
  const bad = readJson(rest.value) === null;
  return <LinesField {...rest} code error={bad ? c("error.json") : error} />;
}
