// The form of a trigger, of one that is changed or of a new one.

import { useState } from "react";
import { api, body, idempotencyKey, type Schemas, version } from "@/api/client";
import { Checkbox } from "@/design/field";
import { useToast } from "@/design/toast";
import { AsOpened } from "@/forms/as-opened";
import { binder, CodeField, TextField } from "@/forms/fields";
import { useVocabulary } from "@/i18n/vocabulary";
import { EventField } from "../startables/event-field";
import { patternsOf } from "../startables/event-kinds";
import { FormWindow } from "../startables/form-window";
import { useSaving } from "../startables/saving";
import { STARTS, startFaults } from "../startables/start";
import { StartFields } from "../startables/start-fields";
import { useWords as useSharedWords } from "../startables/words";
import { type TriggerDraft, triggerDocument, triggerDraft, triggerPatch } from "./trigger-document";
import { useWords } from "./words";

interface TriggerFormProps {
  /** The one that is changed; none for a new one. */
  trigger: Schemas["Trigger"] | null;
  onClose: () => void;
  onSaved: (trigger: Schemas["Trigger"]) => void;
}

/** The window with the form. */
export function TriggerForm(props: TriggerFormProps) {
  return (
    <AsOpened newest={props.trigger}>
      {(trigger, load) => <Fields {...props} trigger={trigger} onNewest={load} />}
    </AsOpened>
  );
}

function Fields(props: TriggerFormProps & { onNewest: () => void }) {
  const { trigger, onClose, onSaved, onNewest } = props;
  const t = useWords();
  const s = useSharedWords();
  const c = useVocabulary();
  const { say } = useToast();
  const [key] = useState(idempotencyKey);
  const [draft, setDraft] = useState(() => triggerDraft(trigger));
  const set = (next: Partial<TriggerDraft>) => setDraft((before) => ({ ...before, ...next }));
  const faults = {
    "/name": draft.name.trim() === "" && c("required"),
    "/subjects": patternsOf(draft.events).length === 0 && s("events.needed"),
    "/per_minute": draft.perMinute === "" && c("required"),
    ...startFaults(draft, STARTS, { required: c("required"), json: c("error.json") }),
  };
  const saving = useSaving("triggers", faults);
  const { errorOf } = saving;
  const to = binder(draft, set, errorOf);
  const save = () => {
    void saving.save(async () => {
      const saved = trigger
        ? await body(
            api.PATCH("/api/v1/triggers/{trigger_id}", {
              params: {
                path: { trigger_id: trigger.id },
                header: { "If-Match": version(trigger) },
              },
              body: triggerPatch(trigger, draft) as Record<string, never>,
            }),
          )
        : await body(
            api.POST("/api/v1/triggers", {
              params: { header: { "Idempotency-Key": key } },
              body: triggerDocument(draft, null),
            }),
          );
      say(s("said.saved"));
      onSaved(saved);
    });
  };
  return (
    <FormWindow
      title={trigger ? t("edit", { name: trigger.name }) : t("new.trigger")}
      action={trigger ? c("action.save") : c("action.create")}
      saving={saving}
      onSave={save}
      onClose={onClose}
      onNewest={onNewest}
    >
      <TextField {...to("name", "/name")} label={s("form.name")} required />
      <EventField
        choice={draft.events}
        onChange={(events) => set({ events })}
        error={errorOf("/subjects")}
      />
      <CodeField
        {...to("filter", "/filter")}
        label={s("form.filter")}
        hint={s("form.filterEvent", { example: "event.data.payload.amount > 100" })}
      />
      <StartFields
        kinds={["pipeline", "agent"]}
        draft={draft}
        set={set}
        places={STARTS}
        errorOf={errorOf}
        example="{{ event.data.payload.id }}"
        without={t("form.withoutEvent")}
      />
      <TextField
        {...to("perMinute", "/per_minute")}
        label={t("form.perMinute")}
        required
        type="number"
        min={1}
        max={6000}
        step={1}
      />
      <Checkbox
        checked={draft.own}
        onChange={(own) => set({ own })}
        label={t("form.own")}
        hint={t("form.ownHint")}
      />
    </FormWindow>
  );
}
