// The form of a schedule: its name, when it fires (with what that means), what it starts, and its policies.

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { type FormEvent, useEffect, useId, useState } from "react";
import { api, body, idempotencyKey, Problem, type Schemas, version } from "@/api/client";
import { mergePatch } from "@/api/merge-patch";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Field, Input, Select, TextArea } from "@/design/field";
import { Card } from "@/design/layout";
import { Empty, Failure, Loading } from "@/design/state";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { StartableField, useFormFailure } from "../startables/choice";
import { useWords as useStartableWords } from "../startables/words";
import { actionOf, type Draft, draftOf, policyOf, timingOf } from "./document";
import { PolicyFields } from "./policy-fields";
import { useTimingPreview } from "./queries";
import { Slots, zoneOf } from "./slots";
import { useWords } from "./words";

/** How long nothing is written before the preview is asked for. */
const STILL_MS = 350;
const TIMINGS = ["cron", "interval", "once"] as const;
/** What a timing is nothing without. */
const NEEDED = new Set(["/timing/expression", "/timing/every", "/timing/at"]);
const ACTIONS = ["pipeline", "agent", "action"] as const;

/** What the fields are given. */
export interface FieldsProps {
  draft: Draft;
  set: (next: Partial<Draft>) => void;
  errorOf: (pointer: string) => string | undefined;
}

/** The form, of a schedule or of a new one. */
export function ScheduleForm({ schedule }: { schedule: Schemas["Schedule"] | null }) {
  const c = useVocabulary();
  const { may } = useSession();
  if (!may("definition_write")) return <Empty icon={<Lock />} title={c("error.forbidden")} />;
  return <Form schedule={schedule} />;
}

function Form({ schedule: given }: { schedule: Schemas["Schedule"] | null }) {
  // As it was when the form was opened: what somebody else changes meanwhile is found by its version.
  const [schedule] = useState(given);
  const t = useWords();
  const c = useVocabulary();
  const { say } = useToast();
  const client = useQueryClient();
  const navigate = useNavigate();
  const inWords = useFormFailure();
  const [draft, setDraft] = useState(() => draftOf(schedule));
  const [key] = useState(idempotencyKey);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [tried, setTried] = useState(false);
  const set = (next: Partial<Draft>) => setDraft((before) => ({ ...before, ...next }));
  const problem = error instanceof Problem ? error : null;
  const action = actionOf(draft, schedule?.action);
  const timing = timingOf(draft);
  const errorOf = (pointer: string) => problem?.at(pointer)?.message;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (action === null || timing === null) return;
    setBusy(true);
    setError(null);
    const document = {
      name: draft.name.trim(),
      timing,
      action,
      policy: policyOf(draft, schedule?.policy),
    };
    try {
      const saved = schedule
        ? await body(
            api.PATCH("/api/v1/schedules/{schedule_id}", {
              params: {
                path: { schedule_id: schedule.id },
                header: { "If-Match": version(schedule) },
              },
              body: patchOf(schedule, document) as Record<string, never>,
            }),
          )
        : await body(
            api.POST("/api/v1/schedules", {
              params: { header: { "Idempotency-Key": key } },
              body: document,
            }),
          );
      say(t("said.saved"));
      await client.invalidateQueries({ queryKey: ["schedules"] });
      await navigate({ to: "/schedules/$scheduleId", params: { scheduleId: saved.id } });
    } catch (failure) {
      setError(inWords(failure));
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void save(event)} className="flex flex-col gap-5" noValidate>
      <Card>
        <Field label={t("form.name")} required error={errorOf("/name")}>
          <Input value={draft.name} onChange={({ target }) => set({ name: target.value })} />
        </Field>
      </Card>
      <Card title={t("form.when")}>
        <TimingFields
          draft={draft}
          set={set}
          errorOf={(pointer) =>
            tried && timing === null && NEEDED.has(pointer) ? c("required") : errorOf(pointer)
          }
        />
      </Card>
      <Card title={t("form.starts")}>
        <ActionFields
          draft={draft}
          set={set}
          errorOf={(pointer) => (action === null ? c("error.json") : errorOf(pointer))}
        />
      </Card>
      <Card title={t("form.policies")}>
        <PolicyFields draft={draft} set={set} errorOf={errorOf} />
      </Card>
      {error !== null && <Failure error={error} />}
      <div className="flex gap-2">
        <Button type="submit" look="primary" busy={busy} disabled={action === null}>
          {schedule ? c("action.save") : c("action.create")}
        </Button>
      </div>
    </form>
  );
}

/** What a change of it says. */
function patchOf(schedule: Schemas["Schedule"], document: Schemas["ScheduleDocument"]) {
  const { name, timing, action, policy } = schedule;
  return mergePatch(
    { name, timing, action, policy },
    document as unknown as Record<string, unknown>,
  );
}

function TimingFields({ draft, set, errorOf }: FieldsProps) {
  const t = useWords();
  const zones = useId();
  return (
    <div className="grid gap-x-6 gap-y-4 lg:grid-cols-2">
      <div className="flex flex-col gap-3">
        <Field label={t("form.timing")} required error={errorOf("/timing/type")}>
          <Select
            value={draft.timing}
            onChange={({ target }) =>
              set({ timing: TIMINGS.find((one) => one === target.value) ?? "cron" })
            }
          >
            {TIMINGS.map((one) => (
              <option key={one} value={one}>
                {t(`timing.${one}`)}
              </option>
            ))}
          </Select>
        </Field>
        {draft.timing === "cron" && (
          <>
            <Field
              label={t("form.expression")}
              hint={t("form.expressionHint")}
              required
              error={errorOf("/timing/expression")}
            >
              <Input
                className="font-mono"
                spellCheck={false}
                value={draft.expression}
                onChange={({ target }) => set({ expression: target.value })}
              />
            </Field>
            <Field label={t("form.zone")} required error={errorOf("/timing/zone")}>
              <Input
                list={zones}
                spellCheck={false}
                value={draft.zone}
                onChange={({ target }) => set({ zone: target.value })}
              />
            </Field>
            <datalist id={zones}>
              {["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => (
                <option key={zone} value={zone} />
              ))}
            </datalist>
          </>
        )}
        {draft.timing === "interval" && (
          <>
            <Field
              label={t("form.every")}
              hint={t("form.everyHint")}
              required
              error={errorOf("/timing/every")}
            >
              <Input value={draft.every} onChange={({ target }) => set({ every: target.value })} />
            </Field>
            <Field label={t("form.anchor")} error={errorOf("/timing/anchor")}>
              <Input
                type="datetime-local"
                step={1}
                value={draft.anchor}
                onChange={({ target }) => set({ anchor: target.value })}
              />
            </Field>
          </>
        )}
        {draft.timing === "once" && (
          <Field label={t("form.at")} required error={errorOf("/timing/at")}>
            <Input
              type="datetime-local"
              step={1}
              value={draft.at}
              onChange={({ target }) => set({ at: target.value })}
            />
          </Field>
        )}
      </div>
      <Meaning draft={draft} />
    </div>
  );
}

/** What stands in the fields once nothing more is written for a moment. */
function useStill<T>(value: T): T {
  const text = JSON.stringify(value);
  const [still, setStill] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setStill(text), STILL_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return JSON.parse(still) as T;
}

/** What the timing means, as the server reads it. */
function Meaning({ draft }: { draft: Draft }) {
  const t = useWords();
  const timing = timingOf(draft);
  const { start, end } = policyOf(draft);
  const wanted = useStill(
    timing && { timing, policy: { ...(start && { start }), ...(end && { end }) }, count: 5 },
  );
  const preview = useTimingPreview(wanted);
  return (
    <section aria-live="polite" className="min-w-0 rounded-md border border-line bg-sunken">
      <h3 className="px-4 pt-3 text-sm font-medium">{t("form.meaning")}</h3>
      {wanted === null ? (
        <p className="p-4 text-sm text-soft">{t("form.previewEmpty")}</p>
      ) : preview.error ? (
        <Failure error={preview.error} className="m-3" />
      ) : preview.data ? (
        <>
          <p className="px-4 pt-1 pb-2">{preview.data.meaning}</p>
          <Slots slots={preview.data.slots} zone={zoneOf(wanted.timing)} />
        </>
      ) : (
        <Loading className="p-4" />
      )}
    </section>
  );
}

function ActionFields({ draft, set, errorOf }: FieldsProps) {
  const t = useWords();
  const s = useStartableWords();
  return (
    <div className="flex flex-col gap-3">
      <Field label={s("kind.label")} required error={errorOf("/action/type")}>
        <Select
          value={draft.action}
          onChange={({ target }) =>
            set({ action: ACTIONS.find((one) => one === target.value) ?? "pipeline" })
          }
        >
          {ACTIONS.map((one) => (
            <option key={one} value={one}>
              {s(`kind.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
      {draft.action === "pipeline" && (
        <>
          <StartableField
            kind="pipeline"
            value={draft.pipelineId}
            onChange={(pipelineId) => set({ pipelineId })}
            error={errorOf("/action/pipeline_id")}
          />
          <Field
            label={t("form.input")}
            hint={t("form.inputHint", { example: "{{ input.slot }}" })}
            error={errorOf("/action/input")}
          >
            <TextArea
              className="font-mono text-xs"
              spellCheck={false}
              value={draft.input}
              onChange={({ target }) => set({ input: target.value })}
            />
          </Field>
        </>
      )}
      {draft.action === "agent" && (
        <>
          <StartableField
            kind="agent"
            value={draft.agentId}
            onChange={(agentId) => set({ agentId })}
            error={errorOf("/action/agent_id")}
          />
          <Field label={t("form.task")} required error={errorOf("/action/task")}>
            <TextArea value={draft.task} onChange={({ target }) => set({ task: target.value })} />
          </Field>
        </>
      )}
      {draft.action === "action" && (
        <Field
          label={t("form.config")}
          hint={t("form.configHint", {
            example: '{ "kind": "emit_event", "subject": "nights.begun" }',
          })}
          required
          error={errorOf("/action/config")}
        >
          <TextArea
            className="font-mono text-xs"
            spellCheck={false}
            value={draft.config}
            onChange={({ target }) => set({ config: target.value })}
          />
        </Field>
      )}
    </div>
  );
}
