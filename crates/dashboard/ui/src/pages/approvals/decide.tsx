// The form by which a person decides an approval, and what happens if somebody was faster.

import { useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, body, done, Problem, type Schemas } from "@/api/client";
import { parseJson, writeJson } from "@/api/exact";
import { own } from "@/api/own";
import { Button } from "@/design/button";
import { Field, Input, TextArea } from "@/design/field";
import { type Schema, SchemaForm } from "@/design/schema-form";
import { Failure } from "@/design/state";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { useWho } from "../audit/who";
import { firstData, missing, refuses, type ToolCall, toolCallOf } from "./decision";
import { useWords } from "./words";

const NAMED = ["approved", "approved_for_run", "rejected"] as const;

/** What an answer is called. */
export function useAnswer(): (answer: string) => string {
  const t = useWords();
  return (answer) => {
    const named = NAMED.find((one) => one === answer);
    return named ? t(`answer.${named}`) : answer;
  };
}

interface DecideProps {
  approval: Schemas["Approval"];
  /** After the decision, by whomever. */
  onDecided?: (() => void) | undefined;
}

/** Form, note and answers. */
export function Decide({ approval, onDecided }: DecideProps) {
  const t = useWords();
  const c = useVocabulary();
  const named = useAnswer();
  const who = useWho();
  const { say } = useToast();
  const client = useQueryClient();
  const legend = useId();
  const call = toolCallOf(approval);
  const form = call ? null : (approval.form as Schema | null | undefined);
  const [note, setNote] = useState("");
  const [text, setText] = useState("");
  const [data, setData] = useState(() => (form ? firstData(form) : {}));
  const [edited, setEdited] = useState<string | null>(null);
  const [lacks, setLacks] = useState<string[]>([]);
  const [badJson, setBadJson] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const problem = error instanceof Problem ? error : null;

  const over = async () => {
    const ofRun = ["run", approval.run_id];
    await Promise.all([
      client.invalidateQueries({ queryKey: ["approvals"] }),
      client.invalidateQueries({ queryKey: ofRun }),
    ]);
    onDecided?.();
  };
  const meanwhile = async () => {
    const now = await body(
      api.GET("/api/v1/approvals/{approval_id}", {
        params: { path: { approval_id: approval.id } },
      }),
    );
    say(
      now.decision
        ? t("said.meanwhile", { answer: named(now.decision.answer), who: who(now.decision.actor) })
        : t("said.over"),
    );
    await over();
  };
  /** What is sent beside the answer; `undefined` if something is wrong with it. */
  const dataFor = (answer: string): { data?: unknown } | undefined => {
    if (refuses(answer)) return {};
    if (call) {
      if (edited === null) return {};
      try {
        return { data: { arguments: parseJson(edited) } };
      } catch {
        setBadJson(true);
        return undefined;
      }
    }
    if (!form) return {};
    const empty = missing(form, data);
    setLacks(empty);
    return empty.length > 0 ? undefined : { data };
  };
  const decide = async (answer: string) => {
    const given = dataFor(answer);
    if (given === undefined) return;
    setBusy(answer);
    setError(null);
    try {
      await done(
        api.POST("/api/v1/approvals/{approval_id}/decide", {
          params: { path: { approval_id: approval.id } },
          body: { answer, ...(note.trim() !== "" && { note: note.trim() }), ...given },
        }),
      );
      say(t("said.decided"));
      await over();
    } catch (failure) {
      if (failure instanceof Problem && failure.code === "already_decided") {
        await meanwhile().catch(setError);
      } else setError(failure);
    } finally {
      setBusy(null);
    }
  };
  const errorOf = (name: string) => {
    if (lacks.includes(name) && own(data, name) === undefined) return c("required");
    return problem?.at(`/data/${name}`)?.message;
  };
  return (
    <div className="flex flex-col gap-3 border-t border-line pt-3">
      {call && (
        <Arguments
          call={call}
          text={edited}
          error={badJson ? c("error.json") : problem?.at("/data/arguments")?.message}
          onChange={(next) => {
            setEdited(next);
            setBadJson(false);
          }}
        />
      )}
      {form && <SchemaForm schema={form} value={data} onChange={setData} errorOf={errorOf} />}
      {approval.options.length === 0 && (
        <Field label={t("decide.answer")} required error={problem?.at("/answer")?.message}>
          <TextArea rows={2} value={text} onChange={({ target }) => setText(target.value)} />
        </Field>
      )}
      <Field
        label={t("decide.note")}
        hint={call && t("decide.noteCall")}
        error={problem?.at("/note")?.message}
      >
        <Input value={note} onChange={({ target }) => setNote(target.value)} />
      </Field>
      {error !== null && <Failure error={error} />}
      <fieldset aria-labelledby={legend} className="flex flex-wrap gap-2">
        <span id={legend} className="sr-only">
          {t("decide.answers", { title: approval.title })}
        </span>
        {approval.options.map((option, place) => (
          <Button
            key={option}
            look={place === 0 ? "primary" : "plain"}
            busy={busy === option}
            disabled={busy !== null}
            onClick={() => void decide(option)}
          >
            {named(option)}
          </Button>
        ))}
        {approval.options.length === 0 && (
          <Button
            look="primary"
            disabled={text.trim() === ""}
            busy={busy !== null}
            onClick={() => void decide(text.trim())}
          >
            {t("decide.send")}
          </Button>
        )}
      </fieldset>
    </div>
  );
}

interface ArgumentsProps {
  call: ToolCall;
  /** What stands in place of them; nothing while they stay as they are. */
  text: string | null;
  error: string | undefined;
  onChange: (text: string | null) => void;
}

/** The arguments of a call, to be changed before it is made. */
function Arguments({ call, text, error, onChange }: ArgumentsProps) {
  const t = useWords();
  if (text === null) {
    return (
      <div>
        <Button small onClick={() => onChange(writeJson(call.arguments, 2))}>
          {t("arguments.change")}
        </Button>
      </div>
    );
  }
  return (
    <div className="flex flex-col items-start gap-2">
      <Field label={t("arguments.instead")} required error={error} className="w-full">
        <TextArea
          autoFocus
          rows={Math.min(text.split("\n").length + 1, 16)}
          className="font-mono text-xs"
          spellCheck={false}
          value={text}
          onChange={({ target }) => onChange(target.value)}
        />
      </Field>
      <Button small look="quiet" onClick={() => onChange(null)}>
        {t("arguments.keep")}
      </Button>
    </div>
  );
}
