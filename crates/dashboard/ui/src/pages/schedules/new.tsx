// Making a schedule.

import { Link } from "@tanstack/react-router";
import { Page } from "@/design/layout";
import { ScheduleForm } from "./form";
import { useWords } from "./words";

/** The page. */
export default function NewSchedule() {
  const t = useWords();
  return (
    <Page
      title={t("form.new")}
      above={
        <Link to="/schedules" search={{}} className="hover:text-ink hover:underline">
          {t("title")}
        </Link>
      }
    >
      <ScheduleForm schedule={null} />
    </Page>
  );
}
