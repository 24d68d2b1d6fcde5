// The page that one opens first: what needs me, what is under way, what has failed.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { api, body, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Card, Page } from "@/design/layout";
import { Failure, Loading, Read } from "@/design/state";
import { Status } from "@/design/status";
import { Ago } from "@/design/time";
import { number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { useApprovals } from "../approvals/queries";
import { useUnknownOutcomes } from "../runs/queries";
import { ShortId } from "../runs/short-id";
import { UnknownOutcome } from "../runs/unknown";
import { Today } from "./today";
import { useWords } from "./words";

/** Rows of each list. */
const SHOWN = 8;

/** The page. */
export default function Home() {
  const t = useWords();
  return (
    <Page title={t("title")}>
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-5 lg:col-span-2">
          <Today />
          <NeedsMe />
        </div>
        <Runs
          title={t("running.title")}
          none={t("running.none")}
          all={[{ name: t("running.all") }]}
          statuses={["running", "waiting", "queued"]}
        />
        <Runs
          title={t("failed.title")}
          none={t("failed.none")}
          all={[
            { name: t("failed.all"), status: "failed" },
            { name: t("failed.allTimedOut"), status: "timed_out" },
          ]}
          statuses={["failed", "timed_out"]}
        />
      </div>
    </Page>
  );
}

function NeedsMe() {
  const t = useWords();
  const c = useVocabulary();
  const { may } = useSession();
  const [shown, setShown] = useState(SHOWN);
  const approvals = useApprovals("open", true);
  const outcomes = useUnknownOutcomes();
  const error = outcomes.error ?? approvals.error;
  const retry = () => {
    if (outcomes.error) outcomes.retry();
    if (approvals.error) approvals.retry();
  };
  const unknown = may("approval_decide") ? outcomes.items : [];
  const isPending = outcomes.isPending || approvals.isPending;
  const none = !isPending && !error && unknown.length === 0 && approvals.items.length === 0;
  return (
    <Card title={t("needs.title")} actions={<More to="/approvals">{t("needs.all")}</More>} flush>
      {error && <Failure error={error} onRetry={retry} className="m-4" />}
      {isPending && !error && <Loading rows={2} className="px-4" />}
      {none && <p className="px-4 py-6 text-soft">{t("needs.none")}</p>}
      {unknown.length > 0 && (
        <div className="flex flex-col gap-3 p-3">
          {unknown.slice(0, shown).map((outcome) => (
            <UnknownOutcome key={outcome.effect_id} outcome={outcome} />
          ))}
          {unknown.length > shown && (
            <Button look="quiet" className="self-center" onClick={() => setShown(unknown.length)}>
              {t(outcomes.hasMore ? "needs.moreThan" : "needs.more", {
                number: number(unknown.length - shown),
              })}
            </Button>
          )}
          {unknown.length <= shown && outcomes.hasMore && (
            <Button
              look="quiet"
              className="self-center"
              busy={outcomes.isFetching}
              onClick={outcomes.more}
            >
              {c("action.more")}
            </Button>
          )}
        </div>
      )}
      <ul className="divide-y divide-line">
        {approvals.items.slice(0, SHOWN).map((approval) => (
          <li key={approval.id}>
            <Link
              to="/approvals"
              search={{ id: approval.id }}
              className="flex flex-wrap items-center gap-x-3 px-4 py-2.5 outline-offset-[-2px] hover:bg-hover/60"
            >
              <span className="min-w-0 flex-1 basis-48 truncate font-medium">{approval.title}</span>
              {approval.deadline_at && (
                <span className="text-sm text-soft">
                  {t("over")} <Ago at={approval.deadline_at} />
                </span>
              )}
              <span className="text-sm text-soft">
                {t("asked")} <Ago at={approval.asked_at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function More({
  to,
  search,
  children,
}: {
  to: "/approvals" | "/runs";
  search?: { status?: Schemas["RunStatus"] };
  children: ReactNode;
}) {
  return (
    <Link
      to={to}
      search={search ?? {}}
      className="text-sm text-soft hover:text-ink hover:underline"
    >
      {children}
    </Link>
  );
}

interface RunsProps {
  title: string;
  none: string;
  /** Links to whole lists, each with what it lists. */
  all: { name: string; status?: Schemas["RunStatus"] }[];
  statuses: [Schemas["RunStatus"], ...Schemas["RunStatus"][]];
}

function Runs({ title, none, all, statuses }: RunsProps) {
  const query = useQuery({
    queryKey: ["runs", "home", ...statuses],
    queryFn: async () => {
      const lists = await Promise.all(
        statuses.map((status) =>
          body(api.GET("/api/v1/runs", { params: { query: { status, limit: SHOWN } } })),
        ),
      );
      const runs = lists.flatMap(({ items }) => items);
      return runs
        .sort((one, other) => other.created_at.localeCompare(one.created_at))
        .slice(0, SHOWN);
    },
  });
  return (
    <Card
      title={title}
      actions={
        <span className="flex gap-x-4 max-sm:flex-col max-sm:items-end">
          {all.map(({ name, status }) => (
            <More key={name} to="/runs" search={status ? { status } : {}}>
              {name}
            </More>
          ))}
        </span>
      }
      flush
    >
      <Read query={query}>
        {(runs) =>
          runs.length === 0 ? (
            <p className="px-4 py-6 text-soft">{none}</p>
          ) : (
            <ul className="divide-y divide-line">
              {runs.map((run) => (
                <li key={run.id}>
                  <Link
                    to="/runs/$runId"
                    params={{ runId: run.id }}
                    className="flex items-center gap-3 px-4 py-2.5 outline-offset-[-2px] hover:bg-hover/60"
                  >
                    <span className="flex min-w-0 flex-1 items-baseline gap-2">
                      <span className="truncate font-medium">{run.title || run.id}</span>
                      <ShortId id={run.id} />
                    </span>
                    <Status status={run.status} waiting={run.waiting} />
                    <span className="w-24 text-right text-sm text-soft max-sm:hidden">
                      <Ago at={run.ended_at ?? run.created_at} />
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Read>
    </Card>
  );
}
