// A message and its answer: as it is written, with what the agent called and asked on the way, and its cost.

import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleStop, RotateCcw } from "lucide-react";
import { useMemo, useState } from "react";
import { api, done, idempotencyKey, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Code, CopyButton } from "@/design/code";
import { Markdown } from "@/design/markdown";
import { Failure } from "@/design/state";
import { Badge, Status } from "@/design/status";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { money } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { ApprovalCard } from "@/pages/approvals/card";
import { useRunNodes } from "@/pages/runs/queries";
import { useRunApprovals } from "../queries";
import { Reasoning, RoundView } from "./round";
import { useWords } from "./words";
import { useWriting } from "./writing";

const ENDED: ReadonlySet<Schemas["RunStatus"]> = new Set([
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
]);

/** Whether the answer of a message is still to come. */
export function isOpen(message: Schemas["Message"]): boolean {
  return !ENDED.has(message.status);
}

/** Both. */
export function Exchange({ message }: { message: Schemas["Message"] }) {
  const t = useWords();
  return (
    <>
      <article aria-label={t("you")} className="flex flex-col items-end gap-1">
        <Markdown
          text={message.text}
          className="max-w-[85%] rounded-lg bg-accent-wash px-3.5 py-2.5 [&_p]:whitespace-pre-line"
        />
        <p className="text-xs text-soft">
          <Ago at={message.at} />
        </p>
      </article>
      <Answer key={message.run_id} message={message} />
    </>
  );
}

function Answer({ message }: { message: Schemas["Message"] }) {
  const t = useWords();
  const { run_id: runId, status, reply, error } = message;
  const open = isOpen(message);
  const nodes = useRunNodes(runId);
  const stopped = status === "cancelled";
  const written = useWriting(runId, open, nodes.dataUpdatedAt, stopped);
  const turn = nodes.data?.turn;
  const rounds = turn
    ? [...turn.rounds, ...(turn.repair ? [turn.repair] : []), ...(turn.report ? [turn.report] : [])]
    : [];
  // A reply that had ended before the stop is among the rounds.
  const isKept = stopped && rounds.some(({ text }) => text === written?.text);
  const writing = isKept ? null : written;
  const answered = status === "succeeded" && reply != null;
  return (
    <article aria-label={t("agent")} aria-busy={open} className="flex min-w-0 flex-col gap-3">
      {nodes.error && <Failure error={nodes.error} onRetry={() => void nodes.refetch()} />}
      {rounds.map((round, place) => (
        <RoundView
          // biome-ignore lint/suspicious/noArrayIndexKey: rounds are only ever added at the end
          key={place}
          round={round}
          isAnswer={answered && place === rounds.length - 1 && round.calls.length === 0}
        />
      ))}
      {writing && (
        <div className="flex flex-col gap-2">
          {writing.reasoning && <Reasoning text={writing.reasoning} title={t("thinking")} />}
          {writing.text && (
            <Markdown text={writing.text} {...(!stopped && { className: "caret" })} />
          )}
          {stopped ? (
            <p className="text-xs text-soft">{t("stopped")}</p>
          ) : (
            <span className={writing.text ? "sr-only" : "breathe h-4 w-1.5 bg-accent"}>
              <span className="sr-only">{t("writing")}</span>
            </span>
          )}
        </div>
      )}
      {answered &&
        (typeof reply === "string" ? (
          <Markdown text={reply} />
        ) : (
          <Code value={reply} label={t("agent")} />
        ))}
      {error && status !== "cancelled" && (
        <p className="rounded-md border border-bad/40 bg-bad-wash px-3 py-2 text-sm break-words">
          <code className="mr-2 font-mono text-xs text-bad">{error.code}</code>
          {error.message}
        </p>
      )}
      <Asked runId={runId} open={open} />
      <Foot message={message} nodes={nodes.data} />
    </article>
  );
}

/** What the run of an answer, or one that it started, waits for. */
export function Asked({ runId, open }: { runId: string; open: boolean }) {
  const approvals = useRunApprovals(runId, open);
  const waiting = open ? approvals.data?.items.filter(({ status }) => status === "open") : [];
  // The way to the run of the answer is at its foot.
  return waiting?.map((approval) => (
    <ApprovalCard key={approval.id} approval={approval} inRun={approval.run_id === runId} />
  ));
}

function Foot({
  message,
  nodes,
}: {
  message: Schemas["Message"];
  nodes: Schemas["RunNodes"] | undefined;
}) {
  const t = useWords();
  const c = useVocabulary();
  const { may } = useSession();
  const { run_id: runId, status } = message;
  const turn = nodes?.turn;
  const rounds = turn?.rounds ?? [];
  const last = turn?.report ?? turn?.repair ?? rounds.at(-1);
  const usage = nodes?.usage;
  return (
    <footer className="flex flex-col gap-2">
      {nodes?.unfinished.map((child) => (
        <p key={child.run_id} className="flex flex-wrap items-center gap-2 text-sm">
          {t("children")}
          <Status status={child.status} waiting={child.waiting} />
          <Link
            to="/runs/$runId"
            params={{ runId: child.run_id }}
            className="text-accent hover:underline"
          >
            {t("run")}
          </Link>
        </p>
      ))}
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5 text-xs text-soft">
        {status !== "succeeded" && <Status status={status} waiting={nodes?.run.waiting} />}
        {turn?.stop_reason && <Badge tone="wait">{t(`stop.${turn.stop_reason}`)}</Badge>}
        {last?.scripted && <Badge>{t("scripted")}</Badge>}
        {last && <span>{`${last.provider}/${last.model}`}</span>}
        {turn && turn.summaries > 0 && <span>{t("summaries", { count: turn.summaries })}</span>}
        {usage && usage.model_calls > 0 && (
          <span className="tabular-nums">
            {money(usage.cost_micro_usd)}
            {usage.unpriced_calls > 0 && ` (${c("cost.unpriced")})`}
          </span>
        )}
        <Link to="/runs/$runId" params={{ runId }} className="hover:text-ink hover:underline">
          {t("run")}
        </Link>
        {typeof message.reply === "string" && <CopyButton text={message.reply} />}
        {may("run_start") && isOpen(message) && <Stop runId={runId} />}
        {may("run_start") && !isOpen(message) && status !== "succeeded" && <Retry runId={runId} />}
      </div>
    </footer>
  );
}

function Stop({ runId }: { runId: string }) {
  const t = useWords();
  const { say, fail } = useToast();
  const [asked, setAsked] = useState(false);
  const stop = async () => {
    setAsked(true);
    try {
      await done(
        api.POST("/api/v1/runs/{run_id}/cancel", {
          params: { path: { run_id: runId } },
          body: {},
        }),
      );
      say(t("said.stopped"));
    } catch (error) {
      setAsked(false);
      fail(error);
    }
  };
  return (
    <Button small icon={<CircleStop />} busy={asked} onClick={() => void stop()}>
      {t("stop")}
    </Button>
  );
}

function Retry({ runId }: { runId: string }) {
  const t = useWords();
  const { fail } = useToast();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each run is retried under a key of its own
  const key = useMemo(idempotencyKey, [runId]);
  const retry = async () => {
    setBusy(true);
    try {
      await done(
        api.POST("/api/v1/runs/{run_id}/retry", {
          params: { path: { run_id: runId }, header: { "Idempotency-Key": key } },
        }),
      );
      await client.invalidateQueries({ queryKey: ["threads"] });
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button small icon={<RotateCcw />} busy={busy} onClick={() => void retry()}>
      {t("retry")}
    </Button>
  );
}
