// What the pages of triggers and hooks show alike: status, outcomes, counts, and the address of a hook.

import type { Schemas } from "@/api/client";
import { Badge, type Tone } from "@/design/status";
import { ToldOnce } from "@/forms/told-once";
import { number } from "@/i18n/format";
import { RunLink } from "../startables/choice";
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

type Happened = Pick<Schemas["HookDelivery"], "run_id" | "why"> & { outcome: Outcome };

/** What became of an event or of a request, its run, or why it has none. */
export function OutcomeNote({ of }: { of: Happened }) {
  const t = useWords();
  const { outcome, why, run_id: run } = of;
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <Badge tone={TONES[outcome]}>{t(`outcome.${outcome}`)}</Badge>
      {run && <RunLink id={run} />}
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

/** The address of a hook, which is told once. */
export function HookPath({ path, onClose }: { path: string | null; onClose: () => void }) {
  const t = useWords();
  return (
    <ToldOnce
      title={t("path.title")}
      hint={t("path.hint")}
      gone={t("path.gone")}
      text={path && new URL(path, location.origin).href}
      onClose={onClose}
    />
  );
}
