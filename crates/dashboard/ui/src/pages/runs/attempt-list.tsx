// The attempts at a node's work: how each ended, and the run or the error that it led to.

import { useState } from "react";
import type { Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Failure, Loading } from "@/design/state";
import { Badge, Status, type Tone } from "@/design/status";
import { Ago, Took } from "@/design/time";
import { number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { type Attempt, attemptsOf } from "./attempts";
import { useJournalStart } from "./journal-query";
import { RunFailure } from "./run-failure";
import { RunLink } from "./run-link";
import { useWords } from "./words";

/** Attempts that are shown at first. */
const SHOWN = 25;

interface AttemptListProps {
  runId: string;
  nodeId: string;
  unfinished: Schemas["Unfinished"][];
}

/** The attempts, in the order in which they began. */
export function AttemptList({ runId, nodeId, unfinished }: AttemptListProps) {
  const t = useWords();
  const c = useVocabulary();
  const journal = useJournalStart(runId);
  const [shown, setShown] = useState(SHOWN);
  const failure = journal.error && <Failure error={journal.error} onRetry={journal.retry} />;
  if (journal.at === 0) return failure ?? <Loading rows={2} />;
  const attempts = attemptsOf(journal.items, nodeId);
  if (attempts.length === 0 && journal.complete) return failure;
  return (
    <section>
      <h3 className="mb-1.5 text-sm font-medium">
        {t("attempts.title", { count: attempts.length })}
      </h3>
      {failure && <div className="mb-1.5">{failure}</div>}
      <ol className="divide-y divide-line rounded-md border border-line">
        {attempts.slice(0, shown).map((attempt) => (
          <li key={`${attempt.item}/${attempt.number}`} className="flex flex-col gap-1.5 px-3 py-2">
            <Row
              attempt={attempt}
              open={unfinished.find(({ run_id: id }) => id === attempt.runId)}
            />
          </li>
        ))}
      </ol>
      {attempts.length > shown && (
        <Button small look="quiet" className="mt-1" onClick={() => setShown(shown + 4 * SHOWN)}>
          {c("action.more")}
        </Button>
      )}
      {!journal.complete && !journal.isFetching && !failure && (
        <p className="mt-1 text-xs text-soft">
          {t("attempts.cut", { entries: number(journal.items.length) })}
        </p>
      )}
    </section>
  );
}

const TONES: Record<Attempt["status"], Tone> = {
  running: "busy",
  succeeded: "good",
  failed: "bad",
  unknown: "wait",
};

function Row({ attempt, open }: { attempt: Attempt; open: Schemas["Unfinished"] | undefined }) {
  const t = useWords();
  const c = useVocabulary();
  const { item, number: which, status, startedAt, endedAt, retryAt, error, runId } = attempt;
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        <span className="font-medium tabular-nums">
          {item === null
            ? t("attempts.one", { number: which })
            : t("attempts.item", { item: item + 1 })}
          {item !== null && which > 1 && ` · ${t("attempts.one", { number: which })}`}
        </span>
        {open ? (
          <Status status={open.status} waiting={open.waiting} />
        ) : status === "unknown" ? (
          <Badge tone={TONES.unknown}>{c("waiting.unknown_outcome")}</Badge>
        ) : (
          <Status status={status} />
        )}
        {startedAt && endedAt && (
          <span className="text-soft">
            <Took from={startedAt} to={endedAt} />
          </span>
        )}
        {retryAt && new Date(retryAt).getTime() > Date.now() && (
          <span className="text-soft">
            {t("attempts.again")} <Ago at={retryAt} />
          </span>
        )}
        {attempt.settledByPerson && <span className="text-soft">{t("attempts.settled")}</span>}
        {runId && (
          <span className="ml-auto">
            <RunLink id={runId} />
          </span>
        )}
      </div>
      {error && <RunFailure failure={error} />}
    </>
  );
}
