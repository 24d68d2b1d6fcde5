// The form of a trigger, of one that is changed or of a new one.

import { useState } from "react";
import { api, body, idempotencyKey, type Schemas, version } from "@/api/client";
import { Checkbox, Field, Input } from "@/design/field";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { EventField } from "../startables/event-field";
import { patternsOf } from "../startables/event-kinds";
import { FilterField } from "../startables/filter-field";
import { FormWindow } from "../startables/form-window";
import { useBase, useSaving } from "../startables/saving";
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
export function TriggerForm({ trigger, onClose, onSaved }: TriggerFormProps) {
  const [base, onNewest] = useBase(trigger);
  return (
    <Fields
      key={base?.version ?? 0}
      trigger={base}
      onClose={onClose}
      onSaved={onSaved}
      onNewest={onNewest}
    />
  );
}

function Fields({
  trigger,
  onClose,
  onSaved,
  onNewest,
}: TriggerFormProps & { onNewest: () => void }) {
  const t = useWords();
  const s = useSharedWords();
  const c = useVocabulary();
  const { say } = useToast();
  const saving = useSaving("triggers");
  const [key] = useState(idempotencyKey);
  const [draft, setDraft] = useState(() => triggerDraft(trigger));
  const set = (next: Partial<TriggerDraft>) => setDraft((before) => ({ ...before, ...next }));
  const { errorOf } = saving;
  const save = () => {
    const faults = {
      "/name": draft.name.trim() === "" && c("required"),
      "/subjects": patternsOf(draft.events).length === 0 && s("events.needed"),
      "/per_minute": draft.perMinute === "" && c("required"),
      ...startFaults(draft, STARTS, { required: c("required"), json: c("error.json") }),
    };
    void saving.save(faults, async () => {
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
      <Field label={s("form.name")} required error={errorOf("/name")}>
        <Input value={draft.name} onChange={({ target }) => set({ name: target.value })} />
      </Field>
      <EventField
        choice={draft.events}
        onChange={(events) => set({ events })}
        error={errorOf("/subjects")}
      />
      <FilterField
        about="event"
        example="event.data.payload.amount > 100"
        value={draft.filter}
        onChange={(filter) => set({ filter })}
        error={errorOf("/filter")}
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
      <Field label={t("form.perMinute")} required error={errorOf("/per_minute")}>
        <Input
          type="number"
          min={1}
          max={6000}
          step={1}
          value={draft.perMinute}
          onChange={({ target }) => set({ perMinute: target.value })}
        />
      </Field>
      <Checkbox
        checked={draft.own}
        onChange={(own) => set({ own })}
        label={t("form.own")}
        hint={t("form.ownHint")}
      />
    </FormWindow>
  );
}
