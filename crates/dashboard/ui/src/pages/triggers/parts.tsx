// What triggers and hooks have in common on their pages: status, counts, and links to runs.

import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { Badge, type Tone } from "@/design/status";
import { number } from "@/i18n/format";
import { StartableName } from "../startables/choice";
import { useWords } from "./words";

type Outcome = Schemas["FiringOutcome"] | Schemas["HookOutcome"];

const TONES: Record<Outcome, Tone> = {
  started: "good",
  dropped: "wait",
  failed: "bad",
  repeated: "idle",
  ignored: "idle",
  refused: "bad",
};

/** Whether it takes what comes. */
export function Enabled({ enabled }: { enabled: boolean }) {
  const t = useWords();
  return <Badge tone={enabled ? "good" : "wait"}>{t(enabled ? "enabled" : "paused")}</Badge>;
}

/** What became of an event or of a request, and why. */
export function OutcomeNote({
  outcome,
  why,
}: {
  outcome: Outcome;
  why?: Schemas["NotStarted"] | null | undefined;
}) {
  const t = useWords();
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <Badge tone={TONES[outcome]}>{t(`count.${outcome}`)}</Badge>
      {why && (
        <span className="text-xs text-soft">
          <code className="mr-1 font-mono">{why.code}</code>
          {why.detail}
        </span>
      )}
    </span>
  );
}

/** How many had which outcome; none is left out but those without any. */
export function Counts({ counts }: { counts: Partial<Record<Outcome, number>> }) {
  const t = useWords();
  const known = Object.keys(TONES) as Outcome[];
  const some = known.filter((outcome) => (counts[outcome] ?? 0) > 0);
  if (some.length === 0) return <span className="text-soft">0</span>;
  return (
    <ul className="flex flex-wrap gap-x-3 gap-y-0.5">
      {some.map((outcome) => (
        <li key={outcome} className="whitespace-nowrap">
          <span className="text-soft">{t(`count.${outcome}`)}</span>{" "}
          <span className="tabular-nums">{number(counts[outcome] ?? 0)}</span>
        </li>
      ))}
    </ul>
  );
}

/** What it starts, by name. */
export function Starts({ starts }: { starts: Schemas["Startable"] }) {
  return starts.type === "pipeline" ? (
    <StartableName kind="pipeline" id={starts.pipeline_id} />
  ) : (
    <StartableName kind="agent" id={starts.agent_id} />
  );
}

/** A way to a run. */
export function RunLink({ id, children }: { id: string; children: string }) {
  return (
    <Link
      to="/runs/$runId"
      params={{ runId: id }}
      className="whitespace-nowrap text-accent hover:underline"
    >
      {children}
    </Link>
  );
}
