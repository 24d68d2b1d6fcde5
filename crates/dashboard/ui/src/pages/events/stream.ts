// The latest events, and more as they come, gathered a little, and held back while somebody reads.

import { useCallback, useEffect, useRef, useState } from "react";
import { useEvents } from "@/api/live";
import type { Event } from "@/api/socket";

/** The most that are kept. */
export const MOST = 500;
/** How far back in the log the first ones are looked for, in rows. */
const BACK = 200;
/** What comes within this time is shown at once. */
const GATHERED_MS = 200;

/** What the page shows of the stream. */
export interface Stream {
  /** The latest first. */
  events: Event[];
  /** How many have come while it was paused; `MOST` at most. */
  held: number;
  missing: boolean;
  ended: boolean;
  clear: () => void;
}

/** Follows the events of the project that fit. */
export function useStream(types: string[], paused: boolean): Stream {
  const [events, setEvents] = useState<Event[]>([]);
  const [held, setHeld] = useState(0);
  const [missing, setMissing] = useState(false);
  const [ended, setEnded] = useState(false);
  const waiting = useRef<Event[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const stopped = useRef(paused);
  stopped.current = paused;
  const show = useCallback(() => {
    timer.current = undefined;
    if (stopped.current) return setHeld(waiting.current.length);
    const next = waiting.current.toReversed();
    waiting.current = [];
    setHeld(0);
    if (next.length > 0) setEvents((before) => [...next, ...before].slice(0, MOST));
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (!paused) show();
  }, [paused, show]);
  useEvents(
    { ...(types.length > 0 && { types }), after: -BACK },
    {
      onEvent(event) {
        waiting.current.push(event);
        if (waiting.current.length > MOST) waiting.current.shift();
        timer.current ??= setTimeout(show, GATHERED_MS);
      },
      onGap: () => setMissing(true),
      onEnd: () => setEnded(true),
    },
  );
  const clear = () => {
    waiting.current = [];
    setEvents([]);
    setHeld(0);
    setMissing(false);
  };
  return { events, held, missing, ended, clear };
}
