// The days of the calendar as a grid: arrows go from day to day, Enter into a day, Escape out of it.

import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from "react";
import type { Schemas } from "@/api/client";
import { clock, dayName, weekdayName } from "@/i18n/format";
import { dayByKey, dayKey } from "./days";
import { useWords } from "./words";

/** Lines in a day before the rest is counted. */
const MOST_LINES = 4;
/** Times of one schedule in a line before they are counted. */
const MOST_TIMES = 6;

/** A schedule on a day. */
export interface DueOn {
  schedule: Schemas["Schedule"];
  slots: string[];
}

interface DaysProps {
  weeks: Date[][];
  /** Whether a day is of the month or week that is shown. */
  inside: (day: Date) => boolean;
  due: Map<string, DueOn[]>;
  /** The day at which the keyboard is. */
  day: Date;
  /** Whether there is room for all that is due. */
  roomy: boolean;
  /** Whether the keyboard has just gone to another day: it outlives the grid of a month. */
  moved: RefObject<boolean>;
  onDay: (day: Date) => void;
  onSpan: (spans: number) => void;
}

/** The grid. */
export function Days({ weeks, inside, due, day, roomy, moved, onDay, onSpan }: DaysProps) {
  const t = useWords();
  const grid = useRef<HTMLDivElement>(null);
  const today = dayKey(new Date());
  const current = dayKey(day);
  useEffect(() => {
    // Somebody who goes on by keyboard is where they went, also in another month.
    if (moved.current) grid.current?.querySelector<HTMLElement>(`[data-day="${current}"]`)?.focus();
    moved.current = false;
  }, [current, moved]);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-day]");
    if (event.key === "Escape" && event.target !== cell) return cell?.focus();
    if (event.target !== cell) return;
    if (event.key === "Enter") return cell.querySelector<HTMLElement>("a")?.focus();
    const next = dayByKey(event.key, day);
    const spans = event.key === "PageUp" ? -1 : event.key === "PageDown" ? 1 : 0;
    if (next === null && spans === 0) return;
    event.preventDefault();
    if (next !== null && next < new Date(new Date().toDateString())) return;
    moved.current = true;
    if (next !== null) onDay(next);
    else onSpan(spans);
  };
  return (
    <div
      ref={grid}
      role="grid"
      aria-label={t("view.calendar")}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      className="overflow-hidden rounded-lg border border-line bg-card"
    >
      <div role="row" className="grid grid-cols-7 border-b border-line max-sm:hidden">
        {weeks[0]?.map((one) => (
          <span key={one.getDay()} role="columnheader" className="px-2 py-1.5 text-xs text-soft">
            {weekdayName(one)}
          </span>
        ))}
      </div>
      {weeks.map((week) => (
        <div
          key={week[0]?.getTime()}
          role="row"
          className={clsx(
            "grid grid-cols-7 border-line not-last:border-b max-sm:grid-cols-1 max-sm:border-0!",
            week.map(dayKey).every((key) => key !== today && !due.get(key)?.length) &&
              "max-sm:hidden",
          )}
        >
          {week.map((one) => {
            const key = dayKey(one);
            return (
              <Day
                key={key}
                date={one}
                entries={due.get(key) ?? []}
                inside={inside(one)}
                isToday={key === today}
                isCurrent={key === current}
                roomy={roomy}
              />
            );
          })}
        </div>
      ))}
    </div>
  );
}

interface DayProps {
  date: Date;
  entries: DueOn[];
  inside: boolean;
  isToday: boolean;
  isCurrent: boolean;
  roomy: boolean;
}

function Day({ date, entries, inside, isToday, isCurrent, roomy }: DayProps) {
  return (
    <div
      role="gridcell"
      data-day={dayKey(date)}
      tabIndex={isCurrent ? 0 : -1}
      aria-current={isToday ? "date" : undefined}
      className={clsx(
        "min-w-0 border-line p-1.5 outline-offset-[-2px] not-last:border-r max-sm:min-h-0 max-sm:border-r-0! max-sm:border-t max-sm:px-4",
        roomy ? "min-h-64" : "min-h-24",
        !inside && "bg-sunken",
        entries.length === 0 && !isToday && "max-sm:hidden",
      )}
    >
      <p
        className={clsx(
          "mb-1 text-xs",
          isToday ? "font-semibold text-accent underline" : "text-soft",
        )}
      >
        <span aria-hidden className="max-sm:hidden">
          {date.getDate()}
        </span>
        <span className="sm:sr-only">{dayName(date)}</span>
      </p>
      <Entries entries={entries} roomy={roomy} />
    </div>
  );
}

function Entries({ entries, roomy }: { entries: DueOn[]; roomy: boolean }) {
  const t = useWords();
  const [all, setAll] = useState(roomy);
  const sorted = [...entries].sort((one, other) =>
    String(one.slots[0]).localeCompare(String(other.slots[0])),
  );
  const shown = all ? sorted : sorted.slice(0, MOST_LINES);
  if (entries.length === 0) return null;
  return (
    <ul className="flex flex-col">
      {shown.map(({ schedule, slots }) => {
        const times = slots.map((slot) => clock(slot));
        const few = times.length <= (roomy ? MOST_TIMES : 1);
        return (
          <li key={schedule.id}>
            <Link
              to="/schedules/$scheduleId"
              params={{ scheduleId: schedule.id }}
              title={`${schedule.name}: ${times.join(", ")}`}
              className={clsx(
                "block rounded-sm px-1 py-1 text-xs hover:bg-hover max-sm:text-sm",
                !roomy && "truncate",
              )}
            >
              <span className="mr-1 text-soft tabular-nums">
                {few ? times.join(", ") : t("cal.times", { count: times.length })}
              </span>
              {schedule.name}
            </Link>
          </li>
        );
      })}
      {shown.length < sorted.length && (
        <li>
          <button
            type="button"
            onClick={() => setAll(true)}
            className="px-1 py-1 text-xs text-accent hover:underline"
          >
            {t("cal.more", { count: sorted.length - shown.length })}
          </button>
        </li>
      )}
    </ul>
  );
}
