// All schedules: when each fires in words, what is next, and how it stands; as a list or as a calendar.

import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { CalendarClock } from "lucide-react";
import type { Schemas } from "@/api/client";
import { SCHEDULE_VIEWS } from "@/app/searches";
import { useSession } from "@/app/session";
import { buttonClass } from "@/design/button";
import { Card, Page, Td, Th } from "@/design/layout";
import { Empty } from "@/design/state";
import { Badge, type Tone } from "@/design/status";
import { Tabs } from "@/design/tabs";
import { Ago } from "@/design/time";
import { Starts } from "../startables/choice";
import { PageList } from "../startables/page-list";
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
    <Card flush>
      <PageList
        list={useSchedules()}
        label={t("title")}
        head={
          <>
            <Th>{s("form.name")}</Th>
            <Th>{t("col.meaning")}</Th>
            <Th>{s("fact.starts")}</Th>
            <Th>{t("col.next")}</Th>
            <Th>{t("col.status")}</Th>
          </>
        }
        empty={
          <Empty icon={<CalendarClock />} title={t("empty")}>
            {t("emptyHint")}
          </Empty>
        }
      >
        {(schedule) => (
          <tr key={schedule.id}>
            <Td className="min-w-36">
              <Link
                to="/schedules/$scheduleId"
                params={{ scheduleId: schedule.id }}
                className="font-medium hover:underline"
              >
                {schedule.name}
              </Link>
            </Td>
            <Td lang="en" title={schedule.meaning} className="min-w-48 text-soft">
              {timingWords(schedule.meaning)}
            </Td>
            <Td className="min-w-32">
              <Started action={schedule.action} />
            </Td>
            <Td className="text-soft">
              <Next schedule={schedule} />
            </Td>
            <Td>
              <ScheduleStatus status={schedule.status} />
            </Td>
          </tr>
        )}
      </PageList>
    </Card>
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
