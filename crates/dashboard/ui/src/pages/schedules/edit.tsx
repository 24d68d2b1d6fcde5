// Changing a schedule.

import { Link, useParams } from "@tanstack/react-router";
import { Page } from "@/design/layout";
import { ReadPage } from "@/design/read-page";
import { ScheduleForm } from "./form";
import { useSchedule } from "./queries";
import { useWords } from "./words";

/** The page. */
export default function EditSchedule() {
  const { scheduleId } = useParams({ from: "/schedules/$scheduleId/edit" });
  const t = useWords();
  const query = useSchedule(scheduleId);
  return (
    <ReadPage query={query} title={t("title")}>
      {(schedule) => (
        <Page
          title={t("form.edit", { name: schedule.name })}
          above={
            <Link
              to="/schedules/$scheduleId"
              params={{ scheduleId }}
              className="hover:text-ink hover:underline"
            >
              {schedule.name}
            </Link>
          }
        >
          <ScheduleForm schedule={schedule} />
        </Page>
      )}
    </ReadPage>
  );
}
