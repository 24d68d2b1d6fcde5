// Makes a pipeline: empty, with a trigger alone, or from the text of a file.

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { idempotencyKey, Problem } from "@/api/client";
import { useGoOn } from "@/app/go-on";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { Field, Input, TextArea } from "@/design/field";
import { Failure } from "@/design/state";
import { Tabs } from "@/design/tabs";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { emptyPipeline } from "./definition";
import { createPipeline } from "./queries";
import { useWords } from "./words";

/** The window. */
export function CreatePipeline({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const c = useVocabulary();
  const form = useId();
  const { say } = useToast();
  const client = useQueryClient();
  const navigate = useGoOn();
  const [how, setHow] = useState("empty");
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  // One key for what is sent: another name or text is another request.
  const [sent, setSent] = useState({ what: "", key: "" });
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const empty = how === "empty";
  const create = async (event: FormEvent) => {
    event.preventDefault();
    const what = `${how} ${empty ? name : text}`;
    const key = sent.what === what ? sent.key : idempotencyKey();
    setSent({ what, key });
    setBusy(true);
    setError(null);
    try {
      const made = await createPipeline(empty ? emptyPipeline(name.trim()) : text, key);
      await client.invalidateQueries({ queryKey: ["pipelines", "list"] });
      say(t("said.created"));
      const params = { pipelineId: made.id };
      await navigate(
        empty
          ? { to: "/pipelines/$pipelineId/edit", params }
          : { to: "/pipelines/$pipelineId", params },
      );
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const nameFault = error instanceof Problem ? error.at("/name") : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("create.title")}
      wide={!empty}
      foot={
        <>
          <Button onClick={onClose}>{c("action.cancel")}</Button>
          <Button
            look="primary"
            type="submit"
            form={form}
            busy={busy}
            disabled={(empty ? name : text).trim() === ""}
          >
            {c("action.create")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={(event) => void create(event)}>
        <Tabs
          label={t("create.how")}
          value={how}
          onChange={(next) => {
            setHow(next);
            setError(null);
          }}
          tabs={[
            {
              id: "empty",
              name: t("create.empty"),
              content: (
                <Field
                  label={t("create.name")}
                  hint={t("create.nameHint")}
                  error={empty && nameFault?.message}
                  required
                >
                  <Input
                    value={name}
                    maxLength={120}
                    onChange={({ target }) => setName(target.value)}
                  />
                </Field>
              ),
            },
            {
              id: "yaml",
              name: t("create.yaml"),
              content: (
                <Field label={t("create.text")} hint={t("create.textHint")} required>
                  <TextArea
                    rows={16}
                    spellCheck={false}
                    className="font-mono text-xs"
                    value={text}
                    onChange={({ target }) => setText(target.value)}
                  />
                </Field>
              ),
            },
          ]}
        />
        {error !== null && !(empty && nameFault) && <Failure error={error} className="mt-3" />}
      </form>
    </Dialog>
  );
}
