// One reply of the model on the way to an answer: what it thought, said and called.

import { ChevronRight } from "lucide-react";
import type { Schemas } from "@/api/client";
import { Code } from "@/design/code";
import { Markdown } from "@/design/markdown";
import { Badge, type Tone } from "@/design/status";
import { useWords } from "./words";

const TONES: Record<Schemas["CallStatus"], Tone> = {
  pending: "busy",
  awaiting_approval: "wait",
  awaiting_answer: "wait",
  succeeded: "good",
  failed: "bad",
  denied: "bad",
  abandoned: "idle",
};

/** What it thought, folded. */
export function Reasoning({ text, title }: { text: string; title?: string }) {
  const t = useWords();
  return (
    <details className="text-sm text-soft">
      <summary>{title ?? t("reasoning")}</summary>
      <p className="mt-1 border-l-2 border-line pl-3 break-words whitespace-pre-wrap">{text}</p>
    </details>
  );
}

/** A reply; its text left out where it is the answer, which is shown by itself. */
export function RoundView({ round, isAnswer }: { round: Schemas["Round"]; isAnswer: boolean }) {
  return (
    <>
      {round.reasoning && <Reasoning text={round.reasoning} />}
      {round.text && !isAnswer && <Markdown text={round.text} />}
      {round.calls.map((call) => (
        <CallView key={call.call_id} call={call} />
      ))}
    </>
  );
}

function CallView({ call }: { call: Schemas["Call"] }) {
  const t = useWords();
  return (
    <details className="group rounded-md border border-line">
      <summary className="flex list-none flex-wrap items-center gap-2 rounded-md px-3 py-2 text-sm hover:bg-hover [&::-webkit-details-marker]:hidden">
        <ChevronRight
          aria-hidden
          className="size-4 shrink-0 text-soft transition-transform group-open:rotate-90"
        />
        <span className="min-w-0 flex-1 break-words">{t("calls", { tool: call.tool })}</span>
        <Badge tone={TONES[call.status]}>{t(`call.${call.status}`)}</Badge>
      </summary>
      <div className="flex flex-col gap-2 border-t border-line p-3">
        <p className="text-xs text-soft">{t("arguments")}</p>
        <Code value={call.arguments} label={t("arguments")} />
        {call.result != null && (
          <>
            <p className="text-xs text-soft">{t("result")}</p>
            <Code value={call.result} label={t("result")} />
          </>
        )}
        {call.artifacts.length > 0 && (
          <p className="text-xs text-soft">
            {t("stored", { names: call.artifacts.map(({ name }) => name).join(", ") })}
          </p>
        )}
      </div>
    </details>
  );
}
