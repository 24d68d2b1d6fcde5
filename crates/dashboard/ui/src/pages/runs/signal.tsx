// A run that waits for a signal: whoever may start runs sends it.

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, done } from "@/api/client";
import { parseJson } from "@/api/exact";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Field, Input, TextArea } from "@/design/field";
import { Card } from "@/design/layout";
import { Failure } from "@/design/state";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { awaitedSignals } from "./attempts";
import { useJournalStart } from "./journal-query";
import { useWords } from "./words";

/** The form. Its name is proposed where the journal says it. */
export function SendSignal({ runId }: { runId: string }) {
  const t = useWords();
  const c = useVocabulary();
  const { may } = useSession();
  const { say } = useToast();
  const client = useQueryClient();
  const awaited = awaitedSignals(useJournalStart(runId).items);
  const [named, setNamed] = useState<string | null>(null);
  const [payload, setPayload] = useState("");
  const [badJson, setBadJson] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const name = named ?? awaited[0] ?? "";
  const send = async (event: FormEvent) => {
    event.preventDefault();
    let value: unknown = null;
    try {
      if (payload.trim() !== "") value = parseJson(payload);
    } catch {
      return setBadJson(true);
    }
    setBusy(true);
    setError(null);
    try {
      await done(
        api.POST("/api/v1/runs/{run_id}/signal", {
          params: { path: { run_id: runId } },
          body: { name, payload: value },
        }),
      );
      say(t("said.signalled"));
      await client.invalidateQueries({ queryKey: ["run", runId] });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title={t("signal.title")} className="border-wait/50">
      {may("run_start") ? (
        <form noValidate onSubmit={send} className="flex flex-col gap-3">
          <Field label={t("signal.name")} required>
            <Input
              spellCheck={false}
              value={name}
              onChange={({ target }) => setNamed(target.value)}
            />
          </Field>
          <Field label={t("signal.payload")} error={badJson && c("error.json")}>
            <TextArea
              className="font-mono text-xs"
              spellCheck={false}
              value={payload}
              onChange={({ target }) => {
                setPayload(target.value);
                setBadJson(false);
              }}
            />
          </Field>
          {error !== null && <Failure error={error} />}
          <div>
            <Button type="submit" look="primary" busy={busy} disabled={name === ""}>
              {t("signal.send")}
            </Button>
          </div>
        </form>
      ) : (
        <p className="text-sm">{awaited.join(", ")}</p>
      )}
    </Card>
  );
}
