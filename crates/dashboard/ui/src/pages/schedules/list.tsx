// All schedules: when each fires in words, what is next, and how it stands; as a list or as a calendar.

import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { CalendarClock, Plus } from "lucide-react";
import type { Schemas } from "@/api/client";
import { SCHEDULE_VIEWS } from "@/app/searches";
import { useSession } from "@/app/session";
import { buttonClass } from "@/design/button";
import { Page } from "@/design/layout";
import { Listed } from "@/design/listed";
import { Rows } from "@/design/rows";
import { Empty } from "@/design/state";
import { Badge, type Tone } from "@/design/status";
import { Tabs } from "@/design/tabs";
import { Ago } from "@/design/time";
import { Starts } from "../startables/choice";
import { useWords as useSharedWords } from "../startables/words";
import { Calendar } from "./calendar";
import { useSchedules } from "./queries";
import { useWords } from "./words";

/** The page. */
export default function Schedules() {
  const t = useWords();
  const { may } = useSession();
  const search = useSearch({ from: "/schedules" });
  const navigate = useNavigate({ from: "/schedules" });
  const view = search.view ?? "list";
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        may("definition_write") && (
          <Link to="/schedules/new" className={buttonClass("primary")}>
            <Plus aria-hidden className="size-4" />
            {t("new")}
          </Link>
        )
      }
    >
      <Tabs
        label={t("view.label")}
        value={view}
        onChange={(next) =>
          void navigate({
            search: { view: SCHEDULE_VIEWS.find((one) => one === next) },
            replace: true,
          })
        }
        tabs={[
          { id: "list", name: t("view.list"), content: view === "list" && <List /> },
          {
            id: "calendar",
            name: t("view.calendar"),
            content: view === "calendar" && <Calendar />,
          },
        ]}
      />
    </Page>
  );
}

function List() {
  const t = useWords();
  const s = useSharedWords();
  return (
    <Listed
      list={useSchedules()}
      empty={
        <Empty icon={<CalendarClock />} title={t("empty")}>
          {t("emptyHint")}
        </Empty>
      }
    >
      {(schedules) => (
        <Rows
          label={t("title")}
          items={schedules}
          id={({ id }) => id}
          columns={[
            {
              name: s("form.name"),
              cell: ({ id, name }) => (
                <Link
                  to="/schedules/$scheduleId"
                  params={{ scheduleId: id }}
                  className="hover:underline"
                >
                  {name}
                </Link>
              ),
              className: "sm:min-w-36",
            },
            {
              name: t("col.meaning"),
              cell: ({ meaning }) => (
                <span lang="en" title={meaning}>
                  {timingWords(meaning)}
                </span>
              ),
              className: "sm:min-w-48 text-soft",
            },
            {
              name: s("fact.starts"),
              cell: ({ action }) => <Started action={action} />,
              className: "sm:min-w-32",
              spare: true,
            },
            {
              name: t("col.next"),
              cell: (schedule) => <Next schedule={schedule} />,
              className: "text-soft",
            },
            {
              name: t("col.status"),
              cell: ({ status }) => <ScheduleStatus status={status} />,
            },
          ]}
        />
      )}
    </Listed>
  );
}

/** The first sentence of what a schedule means, which is when it fires; its policies follow. */
function timingWords(meaning: string): string {
  return meaning.split(". ", 1)[0]?.replace(/\.$/, "") ?? meaning;
}

/** When it fires next. */
function Next({ schedule }: { schedule: Schemas["Schedule"] }) {
  const t = useWords();
  if (schedule.status !== "active") return "—";
  return schedule.next_slot ? <Ago at={schedule.next_slot} /> : t("next.none");
}

/** What a schedule starts, by name. */
export function Started({ action }: { action: Schemas["ScheduledAction"] }) {
  if (action.type !== "action") return <Starts starts={action} />;
  const { kind } = action.config as { kind?: unknown };
  return <code className="font-mono text-xs">{String(kind)}</code>;
}

const TONES: Record<Schemas["ScheduleStatus"], Tone> = {
  active: "good",
  paused: "wait",
  ended: "idle",
};

/** Whether a schedule fires. */
export function ScheduleStatus({ status }: { status: Schemas["ScheduleStatus"] }) {
  const t = useWords();
  return <Badge tone={TONES[status]}>{t(`status.${status}`)}</Badge>;
}
