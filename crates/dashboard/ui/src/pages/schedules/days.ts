// The days of a calendar, in the reader's time zone: whole weeks, each from a Monday, whatever clocks do in them.

/** How much of the calendar is shown. */
export const SPANS = ["month", "week"] as const;
export type Span = (typeof SPANS)[number];

const WEEK = 7;

/** The beginning of a day, so many days later. */
export function dayAfter(day: Date, days: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days);
}

function mondayOf(day: Date): Date {
  return dayAfter(day, -((day.getDay() + 6) % WEEK));
}

/** The day with which a span begins that has this day in it. */
export function beginOf(span: Span, day: Date): Date {
  return span === "week" ? mondayOf(day) : new Date(day.getFullYear(), day.getMonth(), 1);
}

/** The beginning of the span that comes so many later. */
export function spanAfter(span: Span, begin: Date, spans: number): Date {
  return span === "week"
    ? dayAfter(begin, WEEK * spans)
    : new Date(begin.getFullYear(), begin.getMonth() + spans, 1);
}

/** The weeks that a span touches, day by day. */
export function weeksOf(span: Span, begin: Date): Date[][] {
  const end = spanAfter(span, begin, 1);
  const weeks: Date[][] = [];
  for (let monday = mondayOf(begin); monday < end; monday = dayAfter(monday, WEEK)) {
    weeks.push(Array.from({ length: WEEK }, (_, day) => dayAfter(monday, day)));
  }
  return weeks;
}

/** The name of a day, the same for each moment of it. */
export function dayKey(moment: Date): string {
  return `${moment.getFullYear()}-${moment.getMonth() + 1}-${moment.getDate()}`;
}

const STEPS: Record<string, number> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -WEEK,
  ArrowDown: WEEK,
};

/** The day to which a key leads from another; nothing for keys that lead nowhere. */
export function dayByKey(key: string, day: Date): Date | null {
  const step = STEPS[key];
  if (step !== undefined) return dayAfter(day, step);
  if (key === "Home") return mondayOf(day);
  if (key === "End") return dayAfter(mondayOf(day), WEEK - 1);
  return null;
}
