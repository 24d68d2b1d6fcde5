// Effects whose outcome nobody knows: a person says what became of each.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, done, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { Field, TextArea } from "@/design/field";
import { Card } from "@/design/layout";
import { Failure, Read } from "@/design/state";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { useUnknownOutcomes } from "./queries";
import { useWords } from "./words";

/** Those of a run. */
export function UnknownOutcomes({ runId }: { runId: string }) {
  const outcomes = useUnknownOutcomes();
  return (
    <Read query={outcomes} rows={1}>
      {({ items }) => (
        <div className="flex flex-col gap-2 empty:hidden">
          {items
            .filter((outcome) => outcome.run_id === runId)
            .map((outcome) => (
              <UnknownOutcome key={outcome.effect_id} outcome={outcome} />
            ))}
        </div>
      )}
    </Read>
  );
}

/** One of them, with what settles it. */
export function UnknownOutcome({ outcome }: { outcome: Schemas["UnknownOutcome"] }) {
  const t = useWords();
  const { may } = useSession();
  const [open, setOpen] = useState(false);
  return (
    <Card className="border-wait/50">
      <div className="flex flex-wrap items-center gap-3">
        <div className="min-w-0 flex-1 basis-72">
          <p className="font-medium">{t("unknown.title")}</p>
          <p className="text-sm text-soft">
            {t("unknown.hint", { key: outcome.key, attempt: outcome.attempt })}
          </p>
          <p className="text-xs text-soft">
            <Ago at={outcome.since} />
          </p>
        </div>
        {may("approval_decide") && (
          <Button look="primary" onClick={() => setOpen(true)}>
            {t("act.settle")}
          </Button>
        )}
      </div>
      <Settle outcome={outcome} open={open} onClose={() => setOpen(false)} />
    </Card>
  );
}

function Settle({
  outcome,
  open,
  onClose,
}: {
  outcome: Schemas["UnknownOutcome"];
  open: boolean;
  onClose: () => void;
}) {
  const t = useWords();
  const { say } = useToast();
  const client = useQueryClient();
  const [output, setOutput] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [badJson, setBadJson] = useState(false);
  const [busy, setBusy] = useState(false);
  const settle = async (verdict: Schemas["Verdict"]) => {
    setBusy(true);
    setError(null);
    try {
      const { key, attempt, run_id } = outcome;
      await done(
        api.POST("/api/v1/runs/{run_id}/settle", {
          params: { path: { run_id } },
          body: { key, attempt, verdict },
        }),
      );
      say(t("said.settled"));
      onClose();
      await Promise.all([
        client.invalidateQueries({ queryKey: ["run", run_id] }),
        client.invalidateQueries({ queryKey: ["unknown-outcomes"] }),
      ]);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const happened = () => {
    let value: unknown = null;
    if (output.trim() !== "") {
      try {
        value = JSON.parse(output);
      } catch {
        return setBadJson(true);
      }
    }
    return void settle({ type: "done", output: value as never });
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t("unknown.title")}
      description={t("unknown.hint", { key: outcome.key, attempt: outcome.attempt })}
      foot={
        <>
          <Button busy={busy} onClick={() => void settle({ type: "not_done" })}>
            {t("unknown.failed")}
          </Button>
          <Button look="primary" busy={busy} onClick={happened}>
            {t("unknown.succeeded")}
          </Button>
        </>
      }
    >
      <Field label={t("unknown.output")} error={badJson && t("unknown.badJson")}>
        <TextArea
          className="font-mono text-xs"
          value={output}
          onChange={({ target }) => {
            setOutput(target.value);
            setBadJson(false);
          }}
        />
      </Field>
      {error !== null && <Failure error={error} className="mt-3" />}
    </Dialog>
  );
}
