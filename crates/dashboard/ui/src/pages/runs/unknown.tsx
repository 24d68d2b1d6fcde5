// Effects whose outcome nobody knows: a person says what became of each.

import { useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, done, type Schemas } from "@/api/client";
import { parseJson } from "@/api/exact";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { Field, Input, TextArea } from "@/design/field";
import { Card } from "@/design/layout";
import { Failure } from "@/design/state";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { readKey } from "./attempts";
import { useUnknownOutcomes } from "./queries";
import { RunLink } from "./run-link";
import { useStepName } from "./step";
import { useWords } from "./words";

/** Those of a run, and of runs below it. */
export function UnknownOutcomes({ runId, below }: { runId: string; below: string[] }) {
  return (
    <div className="flex flex-col gap-2 empty:hidden">
      {[runId, ...below].map((id) => (
        <OfRun key={id} runId={id} inRun={id === runId} />
      ))}
    </div>
  );
}

function OfRun({ runId, inRun }: { runId: string; inRun: boolean }) {
  const c = useVocabulary();
  const { items, error, retry, hasMore, isFetching, more } = useUnknownOutcomes(runId);
  return (
    <>
      {error && <Failure error={error} onRetry={retry} />}
      {items.map((outcome) => (
        <UnknownOutcome key={outcome.effect_id} outcome={outcome} inRun={inRun} />
      ))}
      {hasMore && (
        <Button look="quiet" className="self-center" busy={isFetching} onClick={more}>
          {c("action.more")}
        </Button>
      )}
    </>
  );
}

/** One of them, with what settles it; elsewhere than on the page of its run with a link to that. */
export function UnknownOutcome({
  outcome,
  inRun = false,
}: {
  outcome: Schemas["UnknownOutcome"];
  inRun?: boolean;
}) {
  const t = useWords();
  const { may } = useSession();
  const named = useStepName();
  const [open, setOpen] = useState(false);
  return (
    <Card className="border-wait/50">
      <div className="flex flex-wrap items-center gap-3">
        <div className="min-w-0 flex-1 basis-72">
          <p className="font-medium">{t("unknown.title")}</p>
          <p className="text-sm text-soft">
            {t("unknown.hint", { key: named(outcome.key), attempt: outcome.attempt })}
          </p>
          <p className="flex flex-wrap gap-x-3 text-xs text-soft">
            <Ago at={outcome.since} />
            {!inRun && <RunLink id={outcome.run_id} node={readKey(outcome.key)?.node} />}
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

/** What a person can have found out. */
const FOUND = ["done", "not_done", "failed"] as const;
type Found = (typeof FOUND)[number];

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
  const c = useVocabulary();
  const named = useStepName();
  const { say } = useToast();
  const client = useQueryClient();
  const group = useId();
  const [found, setFound] = useState<Found | null>(null);
  const [output, setOutput] = useState("");
  const [reason, setReason] = useState("");
  const [bad, setBad] = useState<"json" | "reason" | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const { key, attempt, run_id: runId } = outcome;
  const send = async (verdict: Schemas["Verdict"]) => {
    setBusy(true);
    setError(null);
    try {
      await done(
        api.POST("/api/v1/runs/{run_id}/settle", {
          params: { path: { run_id: runId } },
          body: { key, attempt, verdict },
        }),
      );
      say(t("said.settled"));
      onClose();
      await Promise.all([
        client.invalidateQueries({ queryKey: ["run", runId] }),
        client.invalidateQueries({ queryKey: ["unknown-outcomes"] }),
      ]);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  const settle = () => {
    if (found === "not_done") return void send({ type: "not_done" });
    if (found === "failed") {
      const why = reason.trim();
      return why === "" ? setBad("reason") : void send({ type: "failed", reason: why });
    }
    try {
      void send({ type: "done", output: output.trim() === "" ? null : parseJson(output) });
    } catch {
      setBad("json");
    }
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t("unknown.title")}
      description={t("unknown.hint", { key: named(key), attempt })}
      foot={
        <>
          <Button onClick={onClose}>{c("action.cancel")}</Button>
          <Button look="primary" busy={busy} disabled={found === null} onClick={settle}>
            {t("act.settle")}
          </Button>
        </>
      }
    >
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-2 text-sm font-medium">{t("unknown.found")}</legend>
        {FOUND.map((one) => (
          <div key={one} className="flex items-start gap-2">
            <input
              type="radio"
              id={`${group}-${one}`}
              name={group}
              checked={found === one}
              onChange={() => setFound(one)}
              className="mt-1 accent-accent"
            />
            <label htmlFor={`${group}-${one}`} className="text-sm">
              {t(`unknown.${one}`)}
              <span className="block text-xs text-soft">{t(`unknown.${one}Hint`)}</span>
            </label>
          </div>
        ))}
      </fieldset>
      {found === "done" && (
        <Field
          label={t("unknown.output")}
          error={bad === "json" && c("error.json")}
          className="mt-4"
        >
          <TextArea
            className="font-mono text-xs"
            spellCheck={false}
            value={output}
            onChange={({ target }) => {
              setOutput(target.value);
              setBad(null);
            }}
          />
        </Field>
      )}
      {found === "failed" && (
        <Field
          label={t("unknown.reason")}
          required
          error={bad === "reason" && c("required")}
          className="mt-4"
        >
          <Input
            value={reason}
            onChange={({ target }) => {
              setReason(target.value);
              setBad(null);
            }}
          />
        </Field>
      )}
      {error !== null && <Failure error={error} className="mt-3" />}
    </Dialog>
  );
}
