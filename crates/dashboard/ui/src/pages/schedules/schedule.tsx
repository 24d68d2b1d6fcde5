// One schedule: its next times, what became of those before, and what can be done with it.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, body, done, idempotencyKey, type Schemas } from "@/api/client";
import { useGoOn } from "@/app/go-on";
import { useSession } from "@/app/session";
import { Button, buttonClass } from "@/design/button";
import { Code, Id } from "@/design/code";
import { Confirm } from "@/design/dialog";
import { Card, Fact, Facts } from "@/design/layout";
import { Read } from "@/design/state";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { moment, number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { DoWith } from "../startables/do-with";
import { ThingPage } from "../startables/thing-page";
import { useWords as useSharedWords } from "../startables/words";
import { Fires } from "./fires";
import { ScheduleStatus, Started } from "./list";
import { useSchedule, useSlots } from "./queries";
import { Slots, zoneOf } from "./slots";
import { useWords } from "./words";

/** How many of the next times are shown. */
const AHEAD = 5;
/** Whether it fires; nothing where that is over. */
const ACTIVE = { active: true, paused: false, ended: null } as const;

/** The page. */
export default function SchedulePage() {
  const { scheduleId } = useParams({ from: "/schedules/$scheduleId" });
  const t = useWords();
  return (
    <ThingPage
      query={useSchedule(scheduleId)}
      section={t("title")}
      above={
        <Link to="/schedules" search={{}}>
          {t("title")}
        </Link>
      }
      title={(schedule) => schedule.name}
      lead={(schedule) => <span lang="en">{schedule.meaning}</span>}
      status={(schedule) => <ScheduleStatus status={schedule.status} />}
      actions={(schedule) => <Actions schedule={schedule} />}
      about={(schedule) => <About schedule={schedule} />}
    >
      {(schedule) => (
        <>
          {schedule.status === "active" && <NextTimes schedule={schedule} />}
          <Fires scheduleId={schedule.id} />
        </>
      )}
    </ThingPage>
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
  const navigate = useGoOn();
  const params = { path: { schedule_id: schedule.id } };
  return (
    <DoWith
      noun="schedules"
      id={schedule.id}
      name={schedule.name}
      active={ACTIVE[schedule.status]}
      pauseHint={t("act.pauseHint")}
      deleteHint={t("act.deleteHint")}
      runs="run_start"
      writes="definition_write"
      pause={() => done(api.POST("/api/v1/schedules/{schedule_id}/pause", { params }))}
      resume={() => done(api.POST("/api/v1/schedules/{schedule_id}/resume", { params }))}
      remove={() => done(api.DELETE("/api/v1/schedules/{schedule_id}", { params }))}
      leave={() => navigate({ to: "/schedules", search: {} })}
      first={<TriggerNow schedule={schedule} />}
    >
      <Link
        to="/schedules/$scheduleId/edit"
        params={{ scheduleId: schedule.id }}
        className={buttonClass()}
      >
        {c("action.edit")}
      </Link>
    </DoWith>
  );
}

function TriggerNow({ schedule }: { schedule: Schemas["Schedule"] }) {
  const t = useWords();
  const { may } = useSession();
  const { say } = useToast();
  const client = useQueryClient();
  const [key, setKey] = useState(idempotencyKey);
  const trigger = async () => {
    const fire = await body(
      api.POST("/api/v1/schedules/{schedule_id}/trigger", {
        params: { path: { schedule_id: schedule.id }, header: { "Idempotency-Key": key } },
      }),
    );
    setKey(idempotencyKey());
    say(t(`said.fire.${fire.status}`, { why: fire.error?.message ?? "" }));
    await client.invalidateQueries({ queryKey: ["schedules"] });
  };
  if (!may("run_start")) return null;
  return (
    <Confirm
      trigger={
        // One that is paused is resumed first of all.
        <Button look={schedule.status === "paused" ? "plain" : "primary"}>
          {t("act.trigger")}
        </Button>
      }
      title={t("act.triggerAsk")}
      action={t("act.trigger")}
      danger={false}
      onConfirm={trigger}
    >
      {t("act.triggerHint")}
    </Confirm>
  );
}

function About({ schedule }: { schedule: Schemas["Schedule"] }) {
  const t = useWords();
  const s = useSharedWords();
  const { action, policy } = schedule;
  return (
    <>
      <Facts>
        <Fact name={s("fact.id")}>
          <Id id={schedule.id} />
        </Fact>
        <Fact name={s("fact.starts")}>
          <Started action={action} />
        </Fact>
        {action.type === "agent" && (
          <Fact name={s("form.task")}>
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
        {policy.jitter && policy.jitter !== "0s" && (
          <Fact name={t("form.jitter")}>{policy.jitter}</Fact>
        )}
        {policy.retry && <Fact name={t("fact.retry")}>{number(policy.retry.attempts)}</Fact>}
        <Fact name={s("fact.changed")}>
          <Ago at={schedule.updated_at} />
        </Fact>
      </Facts>
      {action.type === "pipeline" && action.input != null && (
        <Code value={action.input} label={s("fact.input")} className="mt-3" />
      )}
      {action.type === "action" && (
        <Code value={action.config} label={t("fact.config")} className="mt-3" />
      )}
    </>
  );
}
