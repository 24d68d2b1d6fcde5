// Starts a run of a pipeline: its input as a form made from the pipeline's schema, or as JSON.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { idempotencyKey, Problem } from "@/api/client";
import { parseJson, writeJson } from "@/api/exact";
import { useGoOn } from "@/app/go-on";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { Checkbox, Field, TextArea } from "@/design/field";
import { type Schema, SchemaForm } from "@/design/schema-form";
import { Failure } from "@/design/state";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { startRun } from "./queries";
import { useWords } from "./words";

interface StartProps {
  pipeline: { id: string; name: string };
  /** JSON Schema of the input. */
  inputs: unknown;
  onClose: () => void;
}

/** The window. */
export function StartRun({ pipeline, inputs, onClose }: StartProps) {
  const t = useWords();
  const c = useVocabulary();
  const { say } = useToast();
  const client = useQueryClient();
  const navigate = useGoOn();
  const schema = formOf(inputs);
  const [data, setData] = useState<Record<string, unknown>>({});
  const [asJson, setAsJson] = useState(schema === null);
  const [text, setText] = useState("");
  const [badJson, setBadJson] = useState(false);
  const [sent, setSent] = useState({ what: "", key: "" });
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const start = async () => {
    let input: unknown = data;
    if (asJson) {
      try {
        input = text.trim() === "" ? null : parseJson(text);
      } catch {
        return setBadJson(true);
      }
    }
    const what = writeJson(input);
    const key = sent.key !== "" && sent.what === what ? sent.key : idempotencyKey();
    setSent({ what, key });
    setBusy(true);
    setError(null);
    try {
      const run = await startRun(pipeline.id, input, key);
      say(t("said.started"));
      void client.invalidateQueries({ queryKey: ["runs"] });
      await navigate({ to: "/runs/$runId", params: { runId: run.id } });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const problem = error instanceof Problem ? error : null;
  // What is wrong with the input is told by places in it.
  const names = asJson ? [] : Object.keys(schema?.properties ?? {});
  const isBeside = (pointer: string) =>
    names.some((name) => pointer === `/${name}` || pointer.startsWith(`/${name}/`));
  const faults = problem?.faults ?? [];
  const general =
    error !== null && (faults.length === 0 || faults.some(({ pointer }) => !isBeside(pointer)));
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("start.title", { name: pipeline.name })}
      description={t("start.hint")}
      foot={
        <>
          <Button onClick={onClose}>{c("action.cancel")}</Button>
          <Button look="primary" busy={busy} onClick={() => void start()}>
            {t("start.go")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {asJson || schema === null ? (
          <Field
            label={t("start.input")}
            hint={t("start.inputHint")}
            error={badJson && c("error.json")}
          >
            <TextArea
              rows={8}
              spellCheck={false}
              className="font-mono text-xs"
              value={text}
              onChange={({ target }) => {
                setText(target.value);
                setBadJson(false);
              }}
            />
          </Field>
        ) : (
          <SchemaForm
            schema={schema}
            value={data}
            onChange={setData}
            errorOf={(name) => problem?.at(`/${name}`)?.message}
          />
        )}
        {schema !== null && (
          <Checkbox
            checked={asJson}
            label={t("start.asJson")}
            onChange={(next) => {
              if (next) setText(writeJson(data, 2));
              else {
                try {
                  const read: unknown = parseJson(text);
                  if (typeof read !== "object" || read === null || Array.isArray(read)) {
                    return setBadJson(true);
                  }
                  setData(read as Record<string, unknown>);
                } catch {
                  return setBadJson(true);
                }
              }
              setAsJson(next);
            }}
          />
        )}
        {general && <Failure error={error} />}
      </div>
    </Dialog>
  );
}

/** The schema, if a form can be made of it. */
function formOf(inputs: unknown): Schema | null {
  if (typeof inputs !== "object" || inputs === null) return null;
  const schema = inputs as Schema;
  return schema.properties && Object.keys(schema.properties).length > 0 ? schema : null;
}
