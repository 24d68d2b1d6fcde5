// The journal of a run: everything durable that happened to it, as it is stored.

import { useState } from "react";
import { Button } from "@/design/button";
import { Code } from "@/design/code";
import { Card, Table, Td, Th } from "@/design/layout";
import { Failure, Loading } from "@/design/state";
import { clock, moment } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { type Entry, useJournal } from "./journal-query";
import { Step } from "./step";
import { useWords } from "./words";

/** The entries, the first first. */
export function Journal({ runId }: { runId: string }) {
  const t = useWords();
  const c = useVocabulary();
  const journal = useJournal(runId);
  const failure = journal.error && <Failure error={journal.error} onRetry={journal.retry} />;
  if (journal.at === 0) return failure ?? <Loading />;
  return (
    <Card flush>
      {failure && <div className="m-3">{failure}</div>}
      <Table
        label={t("tab.journal")}
        head={
          <>
            <Th>{t("journal.seq")}</Th>
            <Th>{t("journal.at")}</Th>
            <Th>{t("journal.kind")}</Th>
            <Th>{t("journal.key")}</Th>
          </>
        }
      >
        {journal.items.map((entry) => (
          <Row key={entry.seq} runId={runId} entry={entry} />
        ))}
      </Table>
      {journal.hasMore && (
        <div className="border-t border-line p-2 text-center">
          <Button look="quiet" small busy={journal.isFetching} onClick={journal.more}>
            {c("action.more")}
          </Button>
        </div>
      )}
    </Card>
  );
}

function Row({ runId, entry }: { runId: string; entry: Entry }) {
  const [open, setOpen] = useState(false);
  return (
    <tr>
      <Td className="align-top text-soft">{entry.seq}</Td>
      <Td className="align-top whitespace-nowrap text-soft">
        <time dateTime={entry.at} title={moment(entry.at)}>
          <span className="max-sm:hidden">{moment(entry.at)}</span>
          <span className="sm:hidden">{clock(entry.at, "medium")}</span>
        </time>
      </Td>
      <Td className="align-top">
        <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary>{entry.kind.replaceAll("_", " ")}</summary>
          {open && <Code value={entry.body} label={entry.kind} className="mt-1" />}
        </details>
      </Td>
      <Td className="align-top break-words">
        {entry.key != null && <Step runId={runId} name={entry.key} />}
      </Td>
    </tr>
  );
}
