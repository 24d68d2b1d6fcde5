// What the journal says of the attempts at a node's work.

import type { Schemas } from "@/api/client";
import type { Entry } from "./journal-query";

/** How an attempt stands. */
export type AttemptStatus = "running" | "succeeded" | "failed" | "unknown";

/** An attempt at the work of a node, or of one item of it. */
export interface Attempt {
  key: string;
  /** Which item of a map, from 0. */
  item: number | null;
  /** Which attempt, from 1. */
  number: number;
  status: AttemptStatus;
  startedAt: string | null;
  endedAt: string | null;
  /** When it is tried again. */
  retryAt: string | null;
  error: Schemas["Failure"] | null;
  /** The run that does it, for work that is a run of its own. */
  runId: string | null;
  /** Whether a person said what became of it. */
  settledByPerson: boolean;
}

interface Body {
  effect_attempted?: { key: string; attempt: number };
  attempt_failed?: { key: string; attempt: number; error: Told; next: Next };
  effect_settled?: { key: string; attempt?: number; result: Result; settled_by?: unknown };
  child_started?: { key: string; run_id: string };
  child_settled?: { key: string; run_id: string; outcome: { status: string; error?: Told } };
}

type Next = string | { retry?: { at: number }; postpone?: { at: number } };
type Result = { output: unknown } | { error: Told };
/** A failure as the journal keeps it. */
interface Told {
  code: string;
  message: string;
  advice?: { do?: Schemas["Advice"]; after?: number | string };
}

/** What a key is about: `node:sort[3]/try:2` is the second try at the third item of `sort`. */
export function readKey(key: string): { node: string; item: number | null; part: string } | null {
  const match = /^node:([^[/]+)(?:\[(\d+)\])?(?:\/(.+))?$/.exec(key);
  if (match === null) return null;
  const [, node = "", item, part = ""] = match;
  return { node, item: item === undefined ? null : Number(item), part };
}

function failure({ code, message, advice }: Told): Schemas["Failure"] {
  return { code, message, advice: advice?.do ?? "fail" };
}

/** The journal counts microseconds. */
function time(micros: number | undefined): string | null {
  return micros === undefined ? null : new Date(micros / 1000).toISOString();
}

/** The attempts at a node's work, in the order in which they began. */
export function attemptsOf(entries: readonly Entry[], nodeId: string): Attempt[] {
  const attempts = new Map<string, Attempt>();
  const at = (key: string, number: number): Attempt | null => {
    const read = readKey(key);
    if (read?.node !== nodeId || !/^(try:\d+)?$/.test(read.part)) return null;
    // A run of its own counts its tries in the key, an effect beside it.
    const tried = read.part === "" ? number : Number(read.part.slice("try:".length));
    const name = `${read.item}/${tried}`;
    const known = attempts.get(name);
    if (known) return known;
    const attempt: Attempt = {
      key,
      item: read.item,
      number: tried,
      status: "running",
      startedAt: null,
      endedAt: null,
      retryAt: null,
      error: null,
      runId: null,
      settledByPerson: false,
    };
    attempts.set(name, attempt);
    return attempt;
  };
  for (const entry of entries) {
    const body = entry.body as Body;
    if (body.effect_attempted) {
      const { key, attempt } = body.effect_attempted;
      const found = at(key, attempt);
      if (found) Object.assign(found, { status: "running", startedAt: entry.at, endedAt: null });
    } else if (body.attempt_failed) {
      const { key, attempt, error, next } = body.attempt_failed;
      const found = at(key, attempt);
      const again = typeof next === "string" ? undefined : (next.retry ?? next.postpone);
      const known = next === "abandon" || again !== undefined;
      if (found) {
        found.status = known ? "failed" : "unknown";
        found.endedAt = entry.at;
        found.error = failure(error);
        found.retryAt = time(again?.at);
      }
    } else if (body.effect_settled) {
      const { key, attempt, result, settled_by: by } = body.effect_settled;
      const found = at(key, attempt || 1);
      if (found) {
        found.status = "error" in result ? "failed" : "succeeded";
        found.error = "error" in result ? failure(result.error) : null;
        found.endedAt = entry.at;
        found.retryAt = null;
        found.settledByPerson = by !== undefined && by !== null;
      }
    } else if (body.child_started) {
      const { key, run_id: runId } = body.child_started;
      const found = at(key, 1);
      if (found) Object.assign(found, { startedAt: entry.at, runId });
    } else if (body.child_settled) {
      const { key, run_id: runId, outcome } = body.child_settled;
      const found = at(key, 1);
      if (found) {
        found.status = outcome.status === "succeeded" ? "succeeded" : "failed";
        found.error = outcome.error ? failure(outcome.error) : null;
        found.endedAt = entry.at;
        found.runId = runId;
      }
    }
  }
  return [...attempts.values()];
}

/** Names for which the run waits, to be answered by a signal. */
export function awaitedSignals(entries: readonly Entry[]): string[] {
  const awaited = new Map<string, string>();
  for (const { body } of entries) {
    const { signal_awaited: asked, signal_received: told } = body as {
      signal_awaited?: { key: string; request: { type: string; name?: string } };
      signal_received?: { key: string };
    };
    if (asked?.request.type === "signal" && asked.request.name) {
      awaited.set(asked.key, asked.request.name);
    }
    if (told) awaited.delete(told.key);
  }
  return [...new Set(awaited.values())];
}
