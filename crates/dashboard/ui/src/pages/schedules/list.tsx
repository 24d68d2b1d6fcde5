// All schedules: when each fires in words, what is next, and how it stands; as a list or as a calendar.

import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { CalendarClock } from "lucide-react";
import type { Schemas } from "@/api/client";
import { SCHEDULE_VIEWS } from "@/app/searches";
import { useSession } from "@/app/session";
import { Button, buttonClass } from "@/design/button";
import { Card, Page, Table, Td, Th } from "@/design/layout";
import { Empty, Failure, Loading } from "@/design/state";
import { Badge, type Tone } from "@/design/status";
import { Tabs } from "@/design/tabs";
import { Ago } from "@/design/time";
import { useVocabulary } from "@/i18n/vocabulary";
import { StartableName } from "../startables/choice";
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
  const c = useVocabulary();
  const schedules = useSchedules();
  if (schedules.error) return <Failure error={schedules.error} />;
  if (schedules.isPending) return <Loading />;
  if (schedules.items.length === 0) {
    return (
      <Empty icon={<CalendarClock />} title={t("empty")}>
        {t("emptyHint")}
      </Empty>
    );
  }
  return (
    <>
      <Card flush>
        <Table
          label={t("title")}
          head={
            <>
              <Th>{t("col.name")}</Th>
              <Th>{t("col.meaning")}</Th>
              <Th>{t("col.starts")}</Th>
              <Th>{t("col.next")}</Th>
              <Th>{t("col.status")}</Th>
            </>
          }
        >
          {schedules.items.map((schedule) => (
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
              <Td className="min-w-56 text-soft">{schedule.meaning}</Td>
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
          ))}
        </Table>
      </Card>
      {schedules.hasMore && (
        <div className="mt-3 text-center">
          <Button look="quiet" busy={schedules.isFetching} onClick={schedules.more}>
            {c("action.more")}
          </Button>
        </div>
      )}
    </>
  );
}

/** When it fires next. */
export function Next({ schedule }: { schedule: Schemas["Schedule"] }) {
  const t = useWords();
  if (schedule.status !== "active") return "—";
  return schedule.next_slot ? <Ago at={schedule.next_slot} /> : t("next.none");
}

/** What a schedule starts, by name. */
export function Started({ action }: { action: Schemas["ScheduledAction"] }) {
  if (action.type === "pipeline") return <StartableName kind="pipeline" id={action.pipeline_id} />;
  if (action.type === "agent") return <StartableName kind="agent" id={action.agent_id} />;
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
