// Moments: how long ago, with the exact time on hover, kept fresh.

import { useSyncExternalStore } from "react";
import { ago, moment, took } from "@/i18n/format";

const EVERY_MS = 1000;
const listeners = new Set<() => void>();
let now = Date.now();
let ticking: ReturnType<typeof setInterval> | undefined;

function watch(call: () => void): () => void {
  listeners.add(call);
  ticking ??= setInterval(() => {
    now = Date.now();
    for (const listener of listeners) listener();
  }, EVERY_MS);
  return () => {
    listeners.delete(call);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** The present time, each second anew. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => now);
}

/** How long ago something was. */
export function Ago({ at }: { at: string }) {
  const present = useNow();
  return (
    <time dateTime={at} title={moment(at)} className="whitespace-nowrap">
      {ago(at, Math.max(present, Date.now() - EVERY_MS))}
    </time>
  );
}

/** How long something has taken, or is taking. */
export function Took({ from, to }: { from: string; to?: string | null | undefined }) {
  const present = useNow();
  const end = to ? new Date(to).getTime() : present;
  return (
    <span className="tabular-nums whitespace-nowrap">{took(end - new Date(from).getTime())}</span>
  );
}
