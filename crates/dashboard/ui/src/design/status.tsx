// Where a run or a node is: a colour, a shape and a word, so that none of them is needed alone.

import clsx from "clsx";
import {
  Ban,
  Check,
  CircleDashed,
  Clock3,
  LoaderCircle,
  Minus,
  Pause,
  TimerOff,
  X,
} from "lucide-react";
import type { ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { useVocabulary } from "@/i18n/vocabulary";

/** Where something is. */
export type AnyStatus = Schemas["RunStatus"] | Schemas["NodeStatus"];
/** How something is, for people. */
export type Tone = "good" | "busy" | "wait" | "bad" | "idle";

export const TONES: Record<AnyStatus, Tone> = {
  pending: "idle",
  queued: "idle",
  running: "busy",
  waiting: "wait",
  succeeded: "good",
  failed: "bad",
  cancelled: "idle",
  timed_out: "bad",
  skipped: "idle",
};

const ICONS: Record<AnyStatus, typeof Check> = {
  pending: CircleDashed,
  queued: Clock3,
  running: LoaderCircle,
  waiting: Pause,
  succeeded: Check,
  failed: X,
  cancelled: Ban,
  timed_out: TimerOff,
  skipped: Minus,
};

const WASHES: Record<Tone, string> = {
  good: "bg-good-wash text-good",
  busy: "bg-busy-wash text-busy",
  wait: "bg-wait-wash text-wait",
  bad: "bg-bad-wash text-bad",
  idle: "bg-hover text-soft",
};

/** A word on a ground of its tone. */
export function Badge({
  tone = "idle",
  icon,
  children,
  className,
}: {
  tone?: Tone;
  icon?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <span
      className={clsx(
        "inline-flex h-5.5 items-center gap-1 rounded-full px-2 text-xs font-medium whitespace-nowrap [&_svg]:size-3",
        WASHES[tone],
        className,
      )}
    >
      {icon}
      {children}
    </span>
  );
}

/** The picture of a status. */
export function StatusIcon({ status, className }: { status: AnyStatus; className?: string }) {
  const Icon = ICONS[status];
  return (
    <Icon
      aria-hidden
      className={clsx(
        "size-3.5",
        status === "running" && "animate-spin [animation-duration:2s]",
        className,
      )}
    />
  );
}

/** A status, and what it waits for. */
export function Status({
  status,
  waiting,
}: {
  status: AnyStatus;
  waiting?: Schemas["Waiting"] | null | undefined;
}) {
  const t = useVocabulary();
  const text = status === "waiting" && waiting ? t(`waiting.${waiting}`) : t(`status.${status}`);
  return (
    <Badge tone={TONES[status]} icon={<StatusIcon status={status} />}>
      {text}
    </Badge>
  );
}
