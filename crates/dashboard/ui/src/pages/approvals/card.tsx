// An approval: what is asked, by when, what was decided, or the form to decide.

import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { Code } from "@/design/code";
import { Card, Fact, Facts } from "@/design/layout";
import { Badge } from "@/design/status";
import { useNow } from "@/design/time";
import { ago, moment } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { Who } from "../audit/who";
import { Decide, useAnswer } from "./decide";
import { nodeDetailOf, toolCallOf } from "./decision";
import { isShort, shapeOf } from "./shape";
import { Value } from "./value";
import { useWords } from "./words";

/** A deadline that is nearer than this is told apart, in milliseconds. */
const NEAR_MS = 3_600_000;

interface ApprovalCardProps {
  approval: Schemas["Approval"];
  /** On the page of its run: without a link to that, and its detail folded if it is long. */
  inRun?: boolean;
  onDecided?: () => void;
}

/** The card. */
export function ApprovalCard({ approval, inRun = false, onDecided }: ApprovalCardProps) {
  const t = useWords();
  const now = useNow();
  const { status, deadline_at: deadline } = approval;
  const isNear = deadline != null && new Date(deadline).getTime() - now < NEAR_MS;
  return (
    <Card>
      <article aria-label={approval.title} className="flex flex-col gap-3">
        <header className="flex flex-wrap items-start gap-x-3 gap-y-1">
          <h2 className="min-w-0 flex-1 basis-64 text-base font-semibold break-words">
            {approval.title}
          </h2>
          {status !== "open" && (
            <Badge tone={status === "decided" ? "good" : "idle"}>{t(`status.${status}`)}</Badge>
          )}
          {!inRun && (
            <Link
              to="/runs/$runId"
              params={{ runId: approval.run_id }}
              className="text-sm text-accent hover:underline"
            >
              {t("run")}
            </Link>
          )}
        </header>
        <p className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-soft">
          <From approval={approval} />
          <time dateTime={approval.asked_at} title={moment(approval.asked_at)}>
            {t("asked", { ago: ago(approval.asked_at, now) })}
          </time>
          {status === "open" && deadline && (
            <time
              dateTime={deadline}
              title={moment(deadline)}
              className={isNear ? "font-medium text-wait" : undefined}
            >
              {t("deadline", { ago: ago(deadline, now) })}
            </time>
          )}
        </p>
        {approval.detail != null && <Detail approval={approval} folded={inRun} />}
        <Decided approval={approval} />
        {status === "open" && approval.may_decide && (
          <Decide approval={approval} onDecided={onDecided} />
        )}
        {status === "open" && !approval.may_decide && (
          <p className="text-sm text-soft">
            {approval.deciders.length > 0
              ? t("notYours", { who: approval.deciders.join(", ") })
              : t("mayNot")}
          </p>
        )}
      </article>
    </Card>
  );
}

function Decided({ approval: { decision } }: { approval: Schemas["Approval"] }) {
  const t = useWords();
  const named = useAnswer();
  if (!decision) return null;
  return (
    <div className="flex flex-col gap-1.5 text-sm">
      <p>
        {t("decided", { answer: named(decision.answer) })} <Who actor={decision.actor} />
        <span className="text-soft">, {moment(decision.at)}</span>
      </p>
      {decision.note && <p className="break-words text-soft">{decision.note}</p>}
      {decision.data != null && <Code value={decision.data} label={t("data")} />}
    </div>
  );
}

/** Which pipeline asks, and where in it. */
function From({ approval }: { approval: Schemas["Approval"] }) {
  const node = nodeDetailOf(approval.detail);
  return (
    node && (
      <span>
        {node.pipeline} · {node.node}
      </span>
    )
  );
}

/** What it is about. */
function Detail({ approval, folded }: { approval: Schemas["Approval"]; folded: boolean }) {
  const t = useWords();
  const c = useVocabulary();
  const { detail } = approval;
  const call = toolCallOf(approval);
  if (call) {
    return (
      <div className="flex flex-col gap-2">
        <Facts>
          <Fact name={c("actor.agent")}>{call.agent}</Fact>
          <Fact name={t("call.tool")}>
            <code className="font-mono text-xs">{call.tool}</code>
          </Fact>
          {call.reason && <Fact name={t("call.reason")}>{call.reason}</Fact>}
        </Facts>
        <Code value={call.arguments} label={t("call.arguments")} />
      </div>
    );
  }
  const node = nodeDetailOf(detail);
  const about = node ? node.detail : detail;
  if (about === null || about === undefined) return null;
  const shape = shapeOf(about);
  const value = <Value shape={shape} label={t("detail")} />;
  if (!folded || isShort(shape)) return value;
  return (
    <details>
      <summary className="text-sm">{t("detail")}</summary>
      <div className="mt-2">{value}</div>
    </details>
  );
}
