// A month of what schedules will start, day by day, in the reader's time zone.

import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { api, body, type Schemas } from "@/api/client";
import { Button, IconButton } from "@/design/button";
import { Loading, Read } from "@/design/state";

import { clock, locale } from "@/i18n/format";
import { localZone } from "@/i18n/local";
import { useAllSchedules } from "./queries";
import { useWords } from "./words";

/** Slots that the API tells of a schedule at once. */
const MOST_SLOTS = 100;
/** Schedules that are asked for. */
const MOST_SCHEDULES = 60;
/** Lines in a day before the rest is counted. */
const MOST_LINES = 4;

type Schedule = Schemas["Schedule"];

interface Due {
  schedule: Schedule;
  slots: string[];
}

function monthOf(date: Date, plus = 0): Date {
  return new Date(date.getFullYear(), date.getMonth() + plus, 1);
}

/** The slots of a schedule from one moment to another, by its own policy. */
async function slotsBetween(schedule: Schedule, from: Date, to: Date): Promise<string[]> {
  const { policy, timing } = schedule;
  const inside = (slot: string) => new Date(slot) >= from && new Date(slot) < to;
  if (policy.max_fires != null) {
    // Only the stored schedule knows how often it has fired.
    const params = { path: { schedule_id: schedule.id }, query: { count: MOST_SLOTS } };
    const { slots } = await body(api.GET("/api/v1/schedules/{schedule_id}/preview", { params }));
    return slots.filter(inside);
  }
  const start = new Date(Math.max(from.getTime(), new Date(policy.start ?? 0).getTime()));
  const end = policy.end ? new Date(Math.min(to.getTime(), new Date(policy.end).getTime())) : to;
  if (start >= end) return [];
  const { slots } = await body(
    api.POST("/api/v1/schedules/preview", {
      body: {
        timing,
        policy: { start: start.toISOString(), end: end.toISOString() },
        count: MOST_SLOTS,
      },
    }),
  );
  return slots.filter(inside);
}

/** The view. */
export function Calendar() {
  const t = useWords();
  const [month, setMonth] = useState(() => monthOf(new Date()));
  const schedules = useAllSchedules();
  const present = monthOf(new Date());
  const name = new Intl.DateTimeFormat(locale(), { month: "long", year: "numeric" });
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="min-w-44 text-base font-semibold first-letter:uppercase" aria-live="polite">
          {name.format(month)}
        </h2>
        <IconButton
          label={t("cal.before")}
          disabled={month <= present}
          onClick={() => setMonth(monthOf(month, -1))}
        >
          <ChevronLeft />
        </IconButton>
        <IconButton label={t("cal.after")} onClick={() => setMonth(monthOf(month, 1))}>
          <ChevronRight />
        </IconButton>
        {month > present && (
          <Button small onClick={() => setMonth(present)}>
            {t("cal.today")}
          </Button>
        )}
        <span className="text-sm text-soft">{t("cal.zone", { zone: localZone() })}</span>
      </div>
      <Read query={schedules} rows={8}>
        {(all) => <Month key={month.getTime()} month={month} schedules={all} />}
      </Read>
    </div>
  );
}

function Month({ month, schedules }: { month: Date; schedules: Schedule[] }) {
  const t = useWords();
  const end = monthOf(month, 1);
  const active = schedules
    .filter((one) => one.status === "active" && one.next_slot && new Date(one.next_slot) < end)
    .sort((one, other) => String(one.next_slot).localeCompare(String(other.next_slot)));
  const asked = active.slice(0, MOST_SCHEDULES);
  const queries = useQueries({
    queries: asked.map((schedule) => ({
      queryKey: ["schedules", "month", schedule.id, schedule.version, month.toISOString()],
      queryFn: () => slotsBetween(schedule, new Date(Math.max(month.getTime(), Date.now())), end),
    })),
  });
  if (queries.some((query) => query.isPending)) return <Loading rows={10} />;
  const due: Due[] = asked.map((schedule, place) => ({
    schedule,
    slots: queries[place]?.data ?? [],
  }));
  const often = due.filter(({ slots }) => slots.length >= MOST_SLOTS);
  const failed = asked.filter((_, place) => queries[place]?.error);
  const none = failed.length === 0 && due.every(({ slots }) => slots.length === 0);
  return (
    <>
      {active.length > asked.length && (
        <p className="text-sm text-soft">{t("cal.many", { most: MOST_SCHEDULES })}</p>
      )}
      {often.length > 0 && (
        <p className="text-sm text-soft">
          {t("cal.often", {
            most: MOST_SLOTS,
            names: often.map(({ schedule }) => schedule.name).join(", "),
          })}
        </p>
      )}
      {failed.map((schedule) => (
        <p key={schedule.id} role="alert" className="text-sm text-bad">
          {t("cal.failed", { name: schedule.name })}
        </p>
      ))}
      {none && <p className="text-sm text-soft">{t("cal.none")}</p>}
      <Days month={month} due={due} />
    </>
  );
}

function Days({ month, due }: { month: Date; due: Due[] }) {
  const weekday = new Intl.DateTimeFormat(locale(), { weekday: "short" });
  const full = new Intl.DateTimeFormat(locale(), {
    weekday: "long",
    day: "numeric",
    month: "long",
  });
  const lead = (month.getDay() + 6) % 7;
  const length = new Date(month.getFullYear(), month.getMonth() + 1, 0).getDate();
  const byDay = Array.from({ length }, () => [] as Due[]);
  for (const { schedule, slots } of due) {
    for (const slot of slots) {
      const day = byDay[new Date(slot).getDate() - 1];
      const last = day?.at(-1);
      if (last?.schedule === schedule) last.slots.push(slot);
      else day?.push({ schedule, slots: [slot] });
    }
  }
  const today = new Date().toDateString();
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-card">
      <div aria-hidden className="grid grid-cols-7 border-b border-line max-sm:hidden">
        {Array.from({ length: 7 }, (_, day) => (
          // The first of January 2024 was a Monday.
          // biome-ignore lint/suspicious/noArrayIndexKey: the days of the week stay where they are
          <span key={day} className="px-2 py-1.5 text-xs text-soft">
            {weekday.format(new Date(2024, 0, 1 + day))}
          </span>
        ))}
      </div>
      <ol className="grid grid-cols-7 max-sm:grid-cols-1">
        {byDay.map((entries, place) => {
          const date = new Date(month.getFullYear(), month.getMonth(), place + 1);
          return (
            <li
              key={date.getTime()}
              style={place === 0 ? { gridColumnStart: lead + 1 } : undefined}
              className={clsx(
                "min-h-24 min-w-0 border-r border-b border-line p-1.5 max-sm:col-start-1! max-sm:min-h-0 max-sm:border-r-0 max-sm:px-4",
                entries.length === 0 && "max-sm:hidden",
              )}
            >
              <p
                className={clsx(
                  "mb-1 text-xs text-soft",
                  date.toDateString() === today && "font-semibold text-accent underline",
                )}
              >
                <span aria-hidden className="max-sm:hidden">
                  {place + 1}
                </span>
                <span className="sm:sr-only">{full.format(date)}</span>
              </p>
              <Entries entries={entries} />
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function Entries({ entries }: { entries: Due[] }) {
  const t = useWords();
  const [all, setAll] = useState(false);
  const sorted = [...entries].sort((one, other) =>
    String(one.slots[0]).localeCompare(String(other.slots[0])),
  );
  const shown = all ? sorted : sorted.slice(0, MOST_LINES);
  return (
    <ul className="flex flex-col gap-0.5">
      {shown.map(({ schedule, slots }) => (
        <li key={schedule.id}>
          <Link
            to="/schedules/$scheduleId"
            params={{ scheduleId: schedule.id }}
            title={slots.map((slot) => clock(slot)).join(", ")}
            className="block truncate rounded-sm px-1 text-xs hover:bg-hover max-sm:py-1 max-sm:text-sm"
          >
            <span className="mr-1 text-soft tabular-nums">
              {slots.length === 1 && slots[0]
                ? clock(slots[0])
                : t("cal.times", { count: slots.length })}
            </span>
            {schedule.name}
          </Link>
        </li>
      ))}
      {shown.length < sorted.length && (
        <li>
          <button
            type="button"
            onClick={() => setAll(true)}
            className="px-1 text-xs text-accent hover:underline"
          >
            {t("cal.more", { count: sorted.length - shown.length })}
          </button>
        </li>
      )}
    </ul>
  );
}
