// What can be done with a run as a whole: end it, or go on where it failed.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, done, idempotencyKey, type Schemas } from "@/api/client";
import { useGoOn } from "@/app/go-on";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { Field, Input } from "@/design/field";
import { useToast } from "@/design/toast";
import { ENDED } from "./queries";
import { useWords } from "./words";

/** The buttons. */
export function Actions({ run }: { run: Schemas["Run"] }) {
  const { may } = useSession();
  if (!may("run_start")) return null;
  if (!ENDED.has(run.status)) return run.cancel_requested ? null : <Cancel run={run} />;
  // A child run is retried with the run that started it.
  return run.status !== "succeeded" && run.parent_id == null ? <Retry run={run} /> : null;
}

function Cancel({ run }: { run: Schemas["Run"] }) {
  const t = useWords();
  const { say } = useToast();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const cancel = async () => {
    const said = reason.trim();
    await done(
      api.POST("/api/v1/runs/{run_id}/cancel", {
        params: { path: { run_id: run.id } },
        body: said ? { reason: said } : {},
      }),
    );
    say(t("said.cancelled"));
    await client.invalidateQueries({ queryKey: ["run", run.id] });
  };
  return (
    <Confirm
      trigger={<Button look="danger">{t("act.cancel")}</Button>}
      title={t("act.cancelAsk")}
      action={t("act.cancelDo")}
      onConfirm={cancel}
    >
      <p>{t("act.cancelHint")}</p>
      <Field label={t("act.cancelReason")} className="mt-3 text-ink">
        <Input value={reason} onChange={({ target }) => setReason(target.value)} />
      </Field>
    </Confirm>
  );
}

function Retry({ run }: { run: Schemas["Run"] }) {
  const t = useWords();
  const { say, fail } = useToast();
  const navigate = useGoOn();
  const [key] = useState(idempotencyKey);
  const [busy, setBusy] = useState(false);
  const retry = async () => {
    setBusy(true);
    try {
      const next = await body(
        api.POST("/api/v1/runs/{run_id}/retry", {
          params: { path: { run_id: run.id }, header: { "Idempotency-Key": key } },
        }),
      );
      say(t("said.retried"));
      await navigate({ to: "/runs/$runId", params: { runId: next.id } });
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button look="primary" busy={busy} title={t("act.retryHint")} onClick={() => void retry()}>
      {t("act.retry")}
    </Button>
  );
}
