// The form of a schedule: its name, when it fires (with what that means), what it starts, and its policies.

import { Link } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { useState } from "react";
import { api, body, idempotencyKey, type Schemas, version } from "@/api/client";
import { useGoOn } from "@/app/go-on";
import { useSession } from "@/app/session";
import { Button, buttonClass } from "@/design/button";
import { Card } from "@/design/layout";
import { Empty } from "@/design/state";
import { useToast } from "@/design/toast";
import { AsOpened } from "@/forms/as-opened";
import { binder, TextField } from "@/forms/fields";
import { useVocabulary } from "@/i18n/vocabulary";
import { SaveFault, useFirstFault, useSaving } from "../startables/saving";
import { startFaults } from "../startables/start";
import { StartFields } from "../startables/start-fields";
import { useWords as useSharedWords } from "../startables/words";
import {
  type Draft,
  draftOf,
  placesOf,
  scheduleDocument,
  schedulePatch,
  timingOf,
} from "./document";
import { PolicyFields } from "./policy-fields";
import { TimingFields, useMeaning } from "./timing-fields";
import { useWords } from "./words";

/** What the fields are given. */
export interface FieldsProps {
  draft: Draft;
  set: (next: Partial<Draft>) => void;
  errorOf: (pointer: string) => string | undefined;
}

/** What a timing is nothing without. */
const NEEDED = { cron: "/timing/expression", interval: "/timing/every", once: "/timing/at" };
const KINDS = ["pipeline", "agent", "action"] as const;

/** The form, of a schedule or of a new one. */
export function ScheduleForm({ schedule }: { schedule: Schemas["Schedule"] | null }) {
  const c = useVocabulary();
  const { may } = useSession();
  if (!may("definition_write")) return <Empty icon={<Lock />} title={c("error.forbidden")} />;
  return (
    <AsOpened newest={schedule}>
      {(opened, load) => <Form schedule={opened} onNewest={load} />}
    </AsOpened>
  );
}

interface FormProps {
  schedule: Schemas["Schedule"] | null;
  onNewest: () => void;
}

function Form({ schedule, onNewest }: FormProps) {
  const t = useWords();
  const s = useSharedWords();
  const c = useVocabulary();
  const { say } = useToast();
  const navigate = useGoOn();
  const [draft, setDraft] = useState(() => draftOf(schedule));
  const [key] = useState(idempotencyKey);
  const meaning = useMeaning(draft, schedule);
  const set = (next: Partial<Draft>) => setDraft((before) => ({ ...before, ...next }));
  const timing = timingOf(draft, schedule?.timing);
  const faults = {
    "/name": draft.name.trim() === "" && c("required"),
    [NEEDED[draft.timing]]: timing === null && c("required"),
    ...startFaults(draft, placesOf(draft), { required: c("required"), json: c("error.json") }),
    ...(draft.kind === "agent" && { "/action/task": draft.task.trim() === "" && c("required") }),
  };
  const saving = useSaving("schedules", faults);
  const form = useFirstFault<HTMLFormElement>(saving.tries);
  const errorOf = (pointer: string) => saving.errorOf(pointer) ?? meaning.errorOf(pointer);
  const save = () => {
    void saving.save(async () => {
      if (timing === null) return;
      const document = scheduleDocument(draft, timing, schedule);
      const saved = schedule
        ? await body(
            api.PATCH("/api/v1/schedules/{schedule_id}", {
              params: {
                path: { schedule_id: schedule.id },
                header: { "If-Match": version(schedule) },
              },
              body: schedulePatch(schedule, document) as Record<string, never>,
            }),
          )
        : await body(
            api.POST("/api/v1/schedules", {
              params: { header: { "Idempotency-Key": key } },
              body: document,
            }),
          );
      say(s("said.saved"));
      await navigate({ to: "/schedules/$scheduleId", params: { scheduleId: saved.id } });
    });
  };
  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!saving.busy) save();
      }}
      className="flex flex-col gap-5"
    >
      <Card>
        <TextField
          {...binder(draft, set, errorOf)("name", "/name")}
          label={s("form.name")}
          required
        />
      </Card>
      <Card title={t("form.when")}>
        <TimingFields draft={draft} set={set} errorOf={errorOf} meaning={meaning} />
      </Card>
      <Card title={t("form.starts")}>
        <div className="flex flex-col gap-3">
          <StartFields
            kinds={KINDS}
            draft={draft}
            set={set}
            places={placesOf(draft)}
            errorOf={errorOf}
            example="{{ input.slot }}"
            without={t("form.without")}
            needsTask
          />
        </div>
      </Card>
      <Card title={t("form.policies")}>
        <PolicyFields draft={draft} set={set} errorOf={errorOf} />
      </Card>
      <SaveFault saving={saving} onNewest={onNewest} />
      <div className="flex gap-2">
        <Button type="submit" look="primary" busy={saving.busy}>
          {schedule ? c("action.save") : c("action.create")}
        </Button>
        {schedule ? (
          <Link
            to="/schedules/$scheduleId"
            params={{ scheduleId: schedule.id }}
            className={buttonClass()}
          >
            {c("action.cancel")}
          </Link>
        ) : (
          <Link to="/schedules" search={{}} className={buttonClass()}>
            {c("action.cancel")}
          </Link>
        )}
      </div>
    </form>
  );
}
