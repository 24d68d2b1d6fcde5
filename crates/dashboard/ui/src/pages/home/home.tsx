// The page that one opens first: what needs me, what is under way, what has failed.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, body, type Schemas } from "@/api/client";
import { Card, Page } from "@/design/layout";
import { Read } from "@/design/state";
import { Status } from "@/design/status";
import { Ago } from "@/design/time";
import { useApprovals } from "../approvals/queries";
import { useUnknownOutcomes } from "../runs/queries";
import { UnknownOutcome } from "../runs/unknown";
import { useWords } from "./words";

/** Rows of each list. */
const SHOWN = 8;

/** The page. */
export default function Home() {
  const t = useWords();
  return (
    <Page title={t("title")}>
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <div className="min-w-0 lg:col-span-2">
          <NeedsMe />
        </div>
        <Runs
          title={t("running.title")}
          none={t("running.none")}
          all={t("running.all")}
          statuses={["running", "waiting", "queued"]}
        />
        <Runs
          title={t("failed.title")}
          none={t("failed.none")}
          all={t("failed.all")}
          statuses={["failed", "timed_out"]}
        />
      </div>
    </Page>
  );
}

function NeedsMe() {
  const t = useWords();
  const approvals = useApprovals("open", true);
  const outcomes = useUnknownOutcomes();
  return (
    <Card title={t("needs.title")} actions={<More to="/approvals">{t("needs.all")}</More>} flush>
      <Read query={outcomes} rows={2}>
        {(unknown) => {
          const mine = approvals.items.slice(0, SHOWN);
          if (mine.length === 0 && unknown.items.length === 0)
            return <p className="px-4 py-6 text-soft">{t("needs.none")}</p>;
          return (
            <div className="flex flex-col">
              {unknown.items.slice(0, SHOWN).map((outcome) => (
                <div key={outcome.effect_id} className="p-3 pb-0">
                  <UnknownOutcome outcome={outcome} />
                </div>
              ))}
              <ul className="divide-y divide-line">
                {mine.map((approval) => (
                  <li key={approval.id}>
                    <Link
                      to="/approvals"
                      search={{ id: approval.id }}
                      className="flex items-center gap-3 px-4 py-2.5 hover:bg-hover/60"
                    >
                      <span className="min-w-0 flex-1 truncate font-medium">{approval.title}</span>
                      <span className="text-sm text-soft">
                        {t("asked")} <Ago at={approval.asked_at} />
                      </span>
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          );
        }}
      </Read>
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
  all: string;
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
        <More to="/runs" search={{ status: statuses[0] }}>
          {all}
        </More>
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
                    className="flex items-center gap-3 px-4 py-2.5 hover:bg-hover/60"
                  >
                    <span className="min-w-0 flex-1 truncate font-medium">
                      {run.title || run.id}
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
