// The kinds of events that the server tells, and what stands in the fields that choose some of them.

const STEPS = [
  "attempted",
  "succeeded",
  "failed",
  "attempt_failed",
  "postponed",
  "outcome_unknown",
] as const;

/** The kinds, in groups, in the order in which they happen. */
export const EVENT_KINDS = {
  runs: [
    "run.started",
    "run.waiting",
    "run.succeeded",
    "run.failed",
    "run.cancelled",
    "run.timed_out",
  ],
  approvals: ["approval.requested", "approval.decided"],
  course: [
    "event.emitted",
    "run.limit_reached",
    "run.limit_raised",
    "run.cancel_requested",
    "run.signal.received",
    "run.timer.fired",
    "run.child.started",
    "run.entry.unreadable",
  ],
  nodes: STEPS.map((verb) => `run.node.${verb}`),
  steps: STEPS.map((verb) => `run.step.${verb}`),
} as const;

export type KindGroup = keyof typeof EVENT_KINDS;

const KNOWN = new Set<string>(Object.values(EVENT_KINDS).flat());

/** Which events: kinds that are ticked, and patterns of one's own, one a line. */
export interface EventChoice {
  kinds: readonly string[];
  others: string;
}

/** The choice that patterns stand for. */
export function choiceOf(patterns: readonly string[]): EventChoice {
  return {
    kinds: patterns.filter((pattern) => KNOWN.has(pattern)),
    others: patterns.filter((pattern) => !KNOWN.has(pattern)).join("\n"),
  };
}

/** Lines as a list, without those that are empty. */
export function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

/** The patterns of a choice. Those that stood there before keep their order, so that an unchanged choice is no change. */
export function patternsOf(
  { kinds, others }: EventChoice,
  before: readonly string[] = [],
): string[] {
  const chosen = [...new Set([...kinds, ...lines(others)])];
  const place = (pattern: string) => {
    const at = before.indexOf(pattern);
    return at === -1 ? before.length : at;
  };
  return chosen.sort((one, other) => place(one) - place(other));
}
