// What became of the times of a schedule, the newest first, and why nothing was started.

import type { Schemas } from "@/api/client";
import { Card, Td, Th } from "@/design/layout";
import { Badge, Status, type Tone } from "@/design/status";
import { Ago, useNow } from "@/design/time";
import { ago, moment } from "@/i18n/format";
import { RunLink } from "../startables/choice";
import { PageList } from "../startables/page-list";
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
  return (
    <Card title={t("fires.title")} flush>
      <PageList
        list={useFires(scheduleId)}
        label={t("fires.title")}
        head={
          <>
            <Th>{t("fires.slot")}</Th>
            <Th>{t("fires.what")}</Th>
            <Th>{t("fires.run")}</Th>
            <Th className="max-sm:hidden">{t("fires.handled")}</Th>
          </>
        }
        empty={<p className="p-4 text-sm text-soft">{t("fires.none")}</p>}
      >
        {(fire) => <FireRow key={fire.id} fire={fire} />}
      </PageList>
    </Card>
  );
}

function FireRow({ fire }: { fire: Schemas["Fire"] }) {
  const t = useWords();
  return (
    <tr>
      <Td className="tabular-nums sm:whitespace-nowrap">
        {moment(fire.slot)}
        {fire.manual && <span className="block text-xs text-soft">{t("fires.manual")}</span>}
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
      <Td>{fire.run_id && <RunLink id={fire.run_id} />}</Td>
      <Td className="text-soft max-sm:hidden">
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
  const { status, error } = fire;
  if (fire.attempts > 1) notes.push(t("fires.attempts", { count: fire.attempts }));
  if (status === "retrying" && fire.retry_at) {
    notes.push(t("fires.retryAt", { ago: ago(fire.retry_at, now) }));
  }
  if (status === "missed" && fire.missed > 1 && fire.missed_until) {
    notes.push(t("fires.missedUntil", { count: fire.missed, at: moment(fire.missed_until) }));
  }
  if (!error && (status === "skipped" || status === "missed" || status === "queued")) {
    notes.push(t(`fire.${status}Why`));
  }
  return (
    <span className="text-xs text-soft">
      {error && <code className="mr-1 font-mono">{error.code}</code>}
      {[error?.message, ...notes].filter(Boolean).join(" · ")}
    </span>
  );
}
