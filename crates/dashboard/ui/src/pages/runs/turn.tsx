// What an agent was asked, said and called in a run, and what it is writing now.

import type { Schemas } from "@/api/client";
import { Card } from "@/design/layout";
import { Markdown } from "@/design/markdown";
import { Read } from "@/design/state";
import { money, number } from "@/i18n/format";
import { Reasoning, RoundView } from "../agents/chat/round";
import { useWriting } from "../agents/chat/writing";
import { ENDED, useRunNodes } from "./queries";
import { RunFailure } from "./run-failure";
import { useWords } from "./words";

/** The turn that a run is. */
export function TurnOf({ runId }: { runId: string }) {
  const nodes = useRunNodes(runId);
  return (
    <Read query={nodes} rows={3}>
      {({ run, turn }) => turn && <Turn run={run} turn={turn} readAt={nodes.dataUpdatedAt} />}
    </Read>
  );
}

interface TurnProps {
  run: Schemas["RunSummary"];
  turn: Schemas["Turn"];
  /** When the turn was read, in milliseconds of the epoch. */
  readAt: number;
}

/** Task, replies, and what is being written. */
export function Turn({ run, turn, readAt }: TurnProps) {
  const t = useWords();
  const writing = useWriting(run.id, !ENDED.has(run.status), readAt);
  const rounds = [
    ...turn.rounds,
    ...(turn.repair ? [turn.repair] : []),
    ...(turn.report ? [turn.report] : []),
  ];
  return (
    <div className="flex flex-col gap-3">
      <Card title={t("turn.task")}>
        <Markdown text={turn.task} />
      </Card>
      {rounds.map((round, place) => (
        <Card
          // biome-ignore lint/suspicious/noArrayIndexKey: rounds are only ever added at the end
          key={place}
          title={`${round.provider} · ${round.model}`}
          actions={<Used usage={round.usage} />}
        >
          <div className="flex flex-col gap-3">
            <RoundView round={round} isAnswer={false} />
          </div>
        </Card>
      ))}
      {writing && (
        <Card title={t("turn.writing")}>
          <div aria-busy className="flex flex-col gap-2">
            {writing.reasoning && <Reasoning text={writing.reasoning} />}
            {writing.text ? (
              <Markdown text={writing.text} className="caret" />
            ) : (
              <span aria-hidden className="breathe h-4 w-1.5 bg-accent" />
            )}
          </div>
        </Card>
      )}
      {turn.error && <RunFailure failure={turn.error} />}
    </div>
  );
}

function Used({ usage }: { usage: Schemas["Usage"] }) {
  const t = useWords();
  return (
    <span className="text-xs whitespace-nowrap text-soft tabular-nums">
      {t("fact.tokensValue", { in: number(usage.input_tokens), out: number(usage.output_tokens) })}
      {usage.cost_micro_usd > 0 && ` · ${money(usage.cost_micro_usd)}`}
    </span>
  );
}
