// One schedule: its next times, what became of those before, and what can be done with it.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, body, done, idempotencyKey, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button, buttonClass } from "@/design/button";
import { Code, Id } from "@/design/code";
import { Confirm } from "@/design/dialog";
import { Card, Fact, Facts, Page } from "@/design/layout";
import { Read } from "@/design/state";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { moment, number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { Fires } from "./fires";
import { ScheduleStatus, Started } from "./list";
import { useSchedule, useSlots } from "./queries";
import { Slots, zoneOf } from "./slots";
import { useWords } from "./words";

/** How many of the next times are shown. */
const AHEAD = 10;

/** The page. */
export default function SchedulePage() {
  const { scheduleId } = useParams({ from: "/schedules/$scheduleId" });
  const t = useWords();
  const query = useSchedule(scheduleId);
  return (
    <Read query={query} rows={8}>
      {(schedule) => (
        <Page
          title={schedule.name}
          section={t("title")}
          above={
            <Link to="/schedules" search={{}} className="hover:text-ink hover:underline">
              {t("title")}
            </Link>
          }
          beside={<ScheduleStatus status={schedule.status} />}
          lead={schedule.meaning}
          actions={<Actions schedule={schedule} />}
        >
          <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
            <div className="flex min-w-0 flex-col gap-5">
              {schedule.status === "active" && <NextTimes schedule={schedule} />}
              <Fires scheduleId={schedule.id} />
            </div>
            <About schedule={schedule} />
          </div>
        </Page>
      )}
    </Read>
  );
}

function NextTimes({ schedule }: { schedule: Schemas["Schedule"] }) {
  const t = useWords();
  const slots = useSlots(schedule.id, AHEAD);
  return (
    <Card title={t("slots.title")} flush>
      <Read query={slots}>
        {({ slots }) => <Slots slots={slots} zone={zoneOf(schedule.timing)} />}
      </Read>
    </Card>
  );
}

function Actions({ schedule }: { schedule: Schemas["Schedule"] }) {
  const t = useWords();
  const c = useVocabulary();
  const { may } = useSession();
  const { say, fail } = useToast();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [key, setKey] = useState(idempotencyKey);
  const params = { path: { schedule_id: schedule.id } };
  const refresh = () => client.invalidateQueries({ queryKey: ["schedules"] });
  const trigger = async () => {
    const fire = await body(
      api.POST("/api/v1/schedules/{schedule_id}/trigger", {
        params: { ...params, header: { "Idempotency-Key": key } },
      }),
    );
    setKey(idempotencyKey());
    say(t(`said.fire.${fire.status}`, { why: fire.error?.message ?? "" }));
    await refresh();
  };
  const pause = async () => {
    await done(api.POST("/api/v1/schedules/{schedule_id}/pause", { params }));
    say(t("said.paused"));
    await refresh();
  };
  const resume = async () => {
    setBusy(true);
    try {
      await done(api.POST("/api/v1/schedules/{schedule_id}/resume", { params }));
      say(t("said.resumed"));
      await refresh();
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  const remove = async () => {
    await done(api.DELETE("/api/v1/schedules/{schedule_id}", { params }));
    say(t("said.deleted"));
    await navigate({ to: "/schedules", search: {} });
    client.removeQueries({ queryKey: ["schedules", "one", schedule.id] });
    await refresh();
  };
  return (
    <>
      {may("run_start") && (
        <Confirm
          trigger={<Button look="primary">{t("act.trigger")}</Button>}
          title={t("act.triggerAsk")}
          action={t("act.trigger")}
          danger={false}
          onConfirm={trigger}
        >
          {t("act.triggerHint")}
        </Confirm>
      )}
      {may("run_start") && schedule.status === "active" && (
        <Confirm
          trigger={<Button>{t("act.pause")}</Button>}
          title={t("act.pauseAsk")}
          action={t("act.pause")}
          danger={false}
          onConfirm={pause}
        >
          {t("act.pauseHint")}
        </Confirm>
      )}
      {may("run_start") && schedule.status === "paused" && (
        <Button busy={busy} onClick={() => void resume()}>
          {t("act.resume")}
        </Button>
      )}
      {may("definition_write") && (
        <>
          <Link
            to="/schedules/$scheduleId/edit"
            params={{ scheduleId: schedule.id }}
            className={buttonClass()}
          >
            {c("action.edit")}
          </Link>
          <Confirm
            trigger={<Button look="danger">{c("action.delete")}</Button>}
            title={t("act.deleteAsk", { name: schedule.name })}
            action={c("action.delete")}
            onConfirm={remove}
          >
            {t("act.deleteHint")}
          </Confirm>
        </>
      )}
    </>
  );
}

function About({ schedule }: { schedule: Schemas["Schedule"] }) {
  const t = useWords();
  const { action, policy } = schedule;
  return (
    <Card>
      <Facts>
        <Fact name={t("fact.id")}>
          <Id id={schedule.id} />
        </Fact>
        <Fact name={t("fact.starts")}>
          <Started action={action} />
        </Fact>
        {action.type === "agent" && (
          <Fact name={t("fact.task")}>
            <span className="whitespace-pre-wrap">{action.task}</span>
          </Fact>
        )}
        <Fact name={t("fact.fires")}>{number(schedule.fires)}</Fact>
        {policy.max_fires != null && (
          <Fact name={t("fact.maxFires")}>{number(policy.max_fires)}</Fact>
        )}
        {(policy.start || policy.end) && (
          <Fact name={t("fact.between")}>
            {policy.start ? moment(policy.start) : "…"} – {policy.end ? moment(policy.end) : "…"}
          </Fact>
        )}
        <Fact name={t("form.misfire")}>
          {t(`misfire.${policy.misfire?.type ?? "fire_once"}`)}
          {policy.misfire?.type === "fire_all" && ` (${policy.misfire.within})`}
        </Fact>
        <Fact name={t("form.overlap")}>{t(`overlap.${policy.overlap ?? "skip"}`)}</Fact>
        <Fact name={t("form.jitter")}>{policy.jitter ?? "0s"}</Fact>
        {policy.retry && <Fact name={t("fact.retry")}>{number(policy.retry.attempts)}</Fact>}
        <Fact name={t("fact.changed")}>
          <Ago at={schedule.updated_at} />
        </Fact>
      </Facts>
      {action.type === "pipeline" && action.input != null && (
        <Code value={action.input} label={t("fact.input")} className="mt-3" />
      )}
      {action.type === "action" && (
        <Code value={action.config} label={t("fact.config")} className="mt-3" />
      )}
    </Card>
  );
}
