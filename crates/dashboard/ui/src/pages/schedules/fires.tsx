// What became of the times of a schedule, the newest first, and why nothing was started.

import type { Schemas } from "@/api/client";
import { Listed } from "@/design/listed";
import { Rows } from "@/design/rows";
import { Badge, Status, type Tone } from "@/design/status";
import { Ago, useNow } from "@/design/time";
import { ago, moment } from "@/i18n/format";
import { RunLink } from "../startables/choice";
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
    <Listed
      title={t("fires.title")}
      list={useFires(scheduleId)}
      empty={<p className="p-4 text-sm text-soft">{t("fires.none")}</p>}
    >
      {(fires) => (
        <Rows
          label={t("fires.title")}
          items={fires}
          id={({ id }) => id}
          columns={[
            {
              name: t("fires.slot"),
              cell: ({ slot, manual }) => (
                <>
                  {moment(slot)}
                  {manual && (
                    <span className="block text-xs font-normal text-soft">{t("fires.manual")}</span>
                  )}
                </>
              ),
              className: "tabular-nums sm:whitespace-nowrap",
            },
            { name: t("fires.what"), cell: (fire) => <Became fire={fire} /> },
            {
              name: t("fires.handled"),
              cell: ({ created_at }) => <Ago at={created_at} />,
              className: "text-soft",
            },
          ]}
        />
      )}
    </Listed>
  );
}

function Became({ fire }: { fire: Schemas["Fire"] }) {
  const t = useWords();
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      {fire.status === "ended" && fire.run_status ? (
        <Status status={fire.run_status} />
      ) : (
        <Badge tone={TONES[fire.status]}>{t(`fire.${fire.status}`)}</Badge>
      )}
      {fire.run_id && <RunLink id={fire.run_id} />}
      <Note fire={fire} />
    </span>
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
