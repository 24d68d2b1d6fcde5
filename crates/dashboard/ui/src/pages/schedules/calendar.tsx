// What schedules will start, day by day, in the reader's time zone: a month or a week at a time.

import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { type RefObject, useRef, useState } from "react";
import type { Schemas } from "@/api/client";
import { Button, IconButton } from "@/design/button";
import { Loading, Read } from "@/design/state";
import { language } from "@/i18n";
import { localZone } from "@/i18n/local";
import { useVocabulary } from "@/i18n/vocabulary";
import { Days, type DueOn } from "./calendar-days";
import { beginOf, dayAfter, dayKey, SPANS, type Span, spanAfter, weeksOf } from "./days";
import { askAbout, dueBetween } from "./due";
import { useAllSchedules } from "./queries";
import { useWords } from "./words";

/** Schedules that are asked for. */
const MOST_SCHEDULES = 60;
/** For so long times that were told hold: a schedule that is changed is asked for anew at once. */
const FRESH_MS = 60_000;

/** The view. */
export function Calendar() {
  const t = useWords();
  const c = useVocabulary();
  const [span, setSpan] = useState<Span>("month");
  const [day, setDay] = useState(() => dayAfter(new Date(), 0));
  const moved = useRef(false);
  const begin = beginOf(span, day);
  const present = beginOf(span, new Date());
  const move = (spans: number) => {
    const next = spanAfter(span, begin, spans);
    setDay(next <= present ? dayAfter(new Date(), 0) : next);
  };
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <h2 className="min-w-44 text-base font-semibold first-letter:uppercase" aria-live="polite">
          {nameOf(span, begin)}
        </h2>
        <IconButton
          label={t(`cal.${span}Before`)}
          disabled={begin <= present}
          onClick={() => move(-1)}
        >
          <ChevronLeft />
        </IconButton>
        <IconButton label={t(`cal.${span}After`)} onClick={() => move(1)}>
          <ChevronRight />
        </IconButton>
        <div role="group" aria-label={t("cal.span")} className="flex gap-1">
          {SPANS.map((one) => (
            <Button
              key={one}
              small
              look={one === span ? "plain" : "quiet"}
              aria-pressed={one === span}
              onClick={() => setSpan(one)}
            >
              {t(`cal.${one}`)}
            </Button>
          ))}
        </div>
        {begin > present && (
          <Button small look="quiet" onClick={() => setDay(dayAfter(new Date(), 0))}>
            {t("cal.today")}
          </Button>
        )}
        <span className="text-sm text-soft">{t("cal.zone", { zone: localZone() })}</span>
      </div>
      <Read query={useAllSchedules()} rows={8}>
        {({ items, isWhole }) => (
          <>
            {!isWhole && (
              <p className="mb-2 text-sm text-wait">{c("list.cut", { most: items.length })}</p>
            )}
            <Shown
              key={`${span}${begin.getTime()}`}
              span={span}
              begin={begin}
              day={day}
              moved={moved}
              onDay={setDay}
              onSpan={move}
              schedules={items}
            />
          </>
        )}
      </Read>
    </div>
  );
}

/** What is shown, in words. */
function nameOf(span: Span, begin: Date): string {
  const format = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language(), options);
  return span === "month"
    ? format({ month: "long", year: "numeric" }).format(begin)
    : format({ dateStyle: "medium" }).formatRange(begin, dayAfter(begin, 6));
}

interface ShownProps {
  span: Span;
  begin: Date;
  day: Date;
  moved: RefObject<boolean>;
  onDay: (day: Date) => void;
  onSpan: (spans: number) => void;
  schedules: Schemas["Schedule"][];
}

function Shown({ span, begin, day, moved, onDay, onSpan, schedules }: ShownProps) {
  const t = useWords();
  const weeks = weeksOf(span, begin);
  const from = weeks[0]?.[0] ?? begin;
  const to = dayAfter(from, weeks.length * 7);
  const active = schedules
    .filter((one) => one.status === "active" && one.next_slot && new Date(one.next_slot) < to)
    .sort((one, other) => String(one.next_slot).localeCompare(String(other.next_slot)));
  const asked = active.slice(0, MOST_SCHEDULES);
  const queries = useQueries({
    queries: asked.map((schedule) => ({
      // Not below the noun of schedules: what runs do changes no times that are to come.
      queryKey: ["schedule-times", schedule.id, schedule.version, from.toISOString(), span],
      queryFn: () =>
        dueBetween(askAbout(schedule), new Date(Math.max(from.getTime(), Date.now())), to),
      staleTime: FRESH_MS,
    })),
  });
  if (queries.some((query) => query.isPending)) return <Loading rows={10} />;
  const failed = asked.filter((_, place) => queries[place]?.error);
  const often = asked
    .filter((_, place) => queries[place]?.data?.often)
    .sort((one, other) => one.name.localeCompare(other.name));
  const due = new Map<string, DueOn[]>();
  asked.forEach((schedule, place) => {
    for (const slot of queries[place]?.data?.slots ?? []) {
      const key = dayKey(new Date(slot));
      const entries = due.get(key) ?? [];
      const last = entries.at(-1);
      if (last?.schedule === schedule) last.slots.push(slot);
      else due.set(key, [...entries, { schedule, slots: [slot] }]);
    }
  });
  return (
    <>
      {active.length > asked.length && (
        <p className="text-sm text-soft">{t("cal.many", { most: MOST_SCHEDULES })}</p>
      )}
      {failed.map(({ id, name }) => (
        <p key={id} role="alert" className="text-sm text-bad">
          {t("cal.failed", { name })}
        </p>
      ))}
      {often.length > 0 && (
        <p className="flex flex-wrap gap-x-3 text-sm">
          <span className="text-soft">{t("cal.often")}</span>
          {often.map(({ id, name }) => (
            <Link
              key={id}
              to="/schedules/$scheduleId"
              params={{ scheduleId: id }}
              className="text-accent hover:underline"
            >
              {name}
            </Link>
          ))}
        </p>
      )}
      {failed.length === 0 && due.size === 0 && (
        <p className="text-sm text-soft">{t(often.length > 0 ? "cal.noneElse" : "cal.none")}</p>
      )}
      <Days
        weeks={weeks}
        inside={(one) => beginOf(span, one).getTime() === begin.getTime()}
        due={due}
        day={day}
        moved={moved}
        roomy={span === "week"}
        onDay={onDay}
        onSpan={onSpan}
      />
    </>
  );
}
