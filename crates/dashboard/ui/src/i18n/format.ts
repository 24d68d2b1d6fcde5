// Times, durations, numbers and money, in the person's language and time zone.

import { locale } from ".";

/** A moment, to the second. */
export function moment(at: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale(), {
    dateStyle: "medium",
    timeStyle: "medium",
    ...(timeZone && { timeZone }),
  }).format(new Date(at));
}

/** The time of a day, to the minute or to the second. */
export function clock(at: string, timeStyle: "short" | "medium" = "short"): string {
  return new Intl.DateTimeFormat(locale(), { timeStyle }).format(new Date(at));
}

/** A month of a year. */
export function monthName(day: Date): string {
  return new Intl.DateTimeFormat(locale(), { month: "long", year: "numeric" }).format(day);
}

/** A day with its weekday, in the year that is meant anyway. */
export function dayName(day: Date): string {
  const format = { weekday: "long", day: "numeric", month: "long" } as const;
  return new Intl.DateTimeFormat(locale(), format).format(day);
}

/** A weekday, short. */
export function weekdayName(day: Date): string {
  return new Intl.DateTimeFormat(locale(), { weekday: "short" }).format(day);
}

/** From one day to another. */
export function dayRange(from: Date, to: Date): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "medium" }).formatRange(from, to);
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
];

/** Below so many of a unit, what is ahead is told to the next smaller one. */
const FEW = 3;

/** How long ago, or in how long. */
export function ago(at: string | number, now = Date.now()): string {
  const apart = new Date(at).getTime() - now;
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: "auto", style: "short" });
  if (apart >= 1000) return ahead(apart, format);
  for (const [unit, length] of STEPS) {
    if (Math.abs(apart) >= length) return format.format(Math.trunc(apart / length), unit);
  }
  return format.format(0, "second");
}

function ahead(apart: number, format: Intl.RelativeTimeFormat): string {
  for (const [place, [unit, length]] of STEPS.entries()) {
    const next = STEPS[place + 1];
    const [lesser, short] = next ?? [unit, length];
    // What rounds up to the whole unit is one.
    const near = Math.round(apart / short) * short;
    if (near < length) continue;
    const whole = Math.floor(near / length);
    const rest = Math.round((near % length) / short);
    if (!next || whole >= FEW) return format.format(Math.round(apart / length), unit);
    if (rest === 0) return format.format(whole, unit);
    const said = new Intl.RelativeTimeFormat(locale(), { style: "short" }).format(whole, unit);
    return `${said} ${amount(rest, lesser)}`;
  }
  return format.format(0, "second");
}

function amount(value: number, unit: Intl.RelativeTimeFormatUnit): string {
  const format = { style: "unit", unit, unitDisplay: "short" } as const;
  return new Intl.NumberFormat(locale(), format).format(value);
}

/** How long something took. */
export function took(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${number(seconds, seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h ${minutes % 60} min`
    : `${amount(Math.floor(hours / 24), "day")} ${hours % 24} h`;
}

/** A number with at most so many digits behind the point. */
export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

/** A large number in few letters. */
export function compact(value: number): string {
  return new Intl.NumberFormat(locale(), { notation: "compact" }).format(value);
}

/** Millionths of a US dollar. Small amounts keep two digits that say something. */
export function money(microUsd: number): string {
  const usd = microUsd / 1_000_000;
  const small = usd !== 0 && Math.abs(usd) < 0.1;
  return new Intl.NumberFormat(locale(), {
    style: "currency",
    currency: "USD",
    ...(small ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 2 }),
  }).format(usd);
}

/** A size in bytes. */
export function size(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return new Intl.NumberFormat(locale(), {
    style: "unit",
    unit: units[step],
    unitDisplay: "short",
    maximumFractionDigits: 1,
  }).format(bytes / 1000 ** step);
}
