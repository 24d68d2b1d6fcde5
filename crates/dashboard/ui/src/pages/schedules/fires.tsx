// What became of the times of a schedule, the newest first.

import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Card, Table, Td, Th } from "@/design/layout";
import { Failure, Loading } from "@/design/state";
import { Badge, Status, type Tone } from "@/design/status";
import { Ago, useNow } from "@/design/time";
import { ago, moment } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { useFires } from "./queries";
import { useWords } from "./words";

const TONES: Record<Schemas["FireStatus"], Tone> = {
  queued: "wait",
  running: "busy",
  retrying: "wait",
  ended: "idle",
  skipped: "idle",
  missed: "wait",
  refused: "bad",
};

/** The history. */
export function Fires({ scheduleId }: { scheduleId: string }) {
  const t = useWords();
  const c = useVocabulary();
  const fires = useFires(scheduleId);
  return (
    <Card title={t("fires.title")} flush>
      {fires.error && <Failure error={fires.error} className="m-4" />}
      {fires.isPending && !fires.error && <Loading className="p-4" />}
      {!fires.isPending && !fires.error && fires.items.length === 0 && (
        <p className="p-4 text-sm text-soft">{t("fires.none")}</p>
      )}
      {fires.items.length > 0 && (
        <Table
          label={t("fires.title")}
          head={
            <>
              <Th>{t("fires.slot")}</Th>
              <Th>{t("fires.what")}</Th>
              <Th>{t("fires.run")}</Th>
              <Th>{t("fires.handled")}</Th>
            </>
          }
        >
          {fires.items.map((fire) => (
            <FireRow key={fire.id} fire={fire} />
          ))}
        </Table>
      )}
      {fires.hasMore && (
        <div className="border-t border-line p-2 text-center">
          <Button look="quiet" busy={fires.isFetching} onClick={fires.more}>
            {c("action.more")}
          </Button>
        </div>
      )}
    </Card>
  );
}

function FireRow({ fire }: { fire: Schemas["Fire"] }) {
  const t = useWords();
  return (
    <tr>
      <Td className="whitespace-nowrap tabular-nums">
        {moment(fire.slot)}
        {fire.manual && <span className="ml-2 text-xs text-soft">{t("fires.manual")}</span>}
      </Td>
      <Td>
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          {fire.status === "ended" && fire.run_status ? (
            <Status status={fire.run_status} />
          ) : (
            <Badge tone={TONES[fire.status]}>{t(`fire.${fire.status}`)}</Badge>
          )}
          <Note fire={fire} />
        </span>
      </Td>
      <Td>
        {fire.run_id && (
          <Link
            to="/runs/$runId"
            params={{ runId: fire.run_id }}
            className="whitespace-nowrap text-accent hover:underline"
          >
            {t("fires.show")}
          </Link>
        )}
      </Td>
      <Td className="text-soft">
        <Ago at={fire.created_at} />
      </Td>
    </tr>
  );
}

/** What is to be said beside its status. */
function Note({ fire }: { fire: Schemas["Fire"] }) {
  const t = useWords();
  const now = useNow();
  const notes: string[] = [];
  if (fire.attempts > 1) notes.push(t("fires.attempts", { count: fire.attempts }));
  if (fire.status === "retrying" && fire.retry_at) {
    notes.push(t("fires.retryAt", { ago: ago(fire.retry_at, now) }));
  }
  if (fire.status === "missed" && fire.missed > 1 && fire.missed_until) {
    notes.push(t("fires.missedUntil", { count: fire.missed, at: moment(fire.missed_until) }));
  }
  if (fire.error) notes.push(fire.error.message);
  return notes.length > 0 && <span className="text-xs text-soft">{notes.join(" · ")}</span>;
}
