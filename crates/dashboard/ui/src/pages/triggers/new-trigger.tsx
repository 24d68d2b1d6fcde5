// The form of a new trigger.

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, body, idempotencyKey, Problem } from "@/api/client";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { Checkbox, Field, Input, TextArea } from "@/design/field";
import { Failure } from "@/design/state";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { lines, NO_START, StartsFields, startsOf } from "./starts-fields";
import { useWords } from "./words";

/** What a trigger has that says nothing else. */
const PER_MINUTE = 600;

/** The window with the form. */
export function NewTrigger({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const c = useVocabulary();
  const { say } = useToast();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [key] = useState(idempotencyKey);
  const [name, setName] = useState("");
  const [subjects, setSubjects] = useState("");
  const [starts, setStarts] = useState(NO_START);
  const [perMinute, setPerMinute] = useState(String(PER_MINUTE));
  const [own, setOwn] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const members = startsOf(starts);
  const errorOf = (pointer: string) =>
    error instanceof Problem ? error.at(pointer)?.message : undefined;
  const create = async () => {
    if (members === null) return;
    setBusy(true);
    setError(null);
    try {
      const trigger = await body(
        api.POST("/api/v1/triggers", {
          params: { header: { "Idempotency-Key": key } },
          body: {
            name: name.trim(),
            subjects: lines(subjects),
            per_minute: Number(perMinute),
            own_events: own,
            ...members,
          },
        }),
      );
      say(t("said.created"));
      await client.invalidateQueries({ queryKey: ["triggers"] });
      onClose();
      await navigate({ to: "/triggers/$triggerId", params: { triggerId: trigger.id } });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("new.trigger")}
      foot={
        <>
          <Button onClick={onClose}>{c("action.cancel")}</Button>
          <Button
            look="primary"
            busy={busy}
            disabled={members === null}
            onClick={() => void create()}
          >
            {c("action.create")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Field label={t("form.name")} required error={errorOf("/name")}>
          <Input value={name} onChange={({ target }) => setName(target.value)} />
        </Field>
        <Field
          label={t("form.subjects")}
          hint={t("form.subjectsHint")}
          required
          error={errorOf("/subjects")}
        >
          <TextArea
            rows={3}
            className="font-mono text-sm"
            spellCheck={false}
            value={subjects}
            onChange={({ target }) => setSubjects(target.value)}
          />
        </Field>
        <StartsFields draft={starts} onChange={setStarts} errorOf={errorOf} about="event" />
        <Field label={t("form.perMinute")} required error={errorOf("/per_minute")}>
          <Input
            type="number"
            min={1}
            max={6000}
            step={1}
            value={perMinute}
            onChange={({ target }) => setPerMinute(target.value)}
          />
        </Field>
        <Checkbox checked={own} onChange={setOwn} label={t("form.own")} hint={t("form.ownHint")} />
        {error !== null && <Failure error={error} />}
      </div>
    </Dialog>
  );
}
