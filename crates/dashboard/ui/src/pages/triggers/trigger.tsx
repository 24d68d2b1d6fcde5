// One trigger: for what it is, the last events that it was for, and what can be done with it.

import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, done, type Schemas } from "@/api/client";
import { useGoOn } from "@/app/go-on";
import { Button } from "@/design/button";
import { Code, Id } from "@/design/code";
import { Fact, Facts } from "@/design/layout";
import { Listed } from "@/design/listed";
import { Rows } from "@/design/rows";
import { Ago } from "@/design/time";
import { number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { RunLink, Starts } from "../startables/choice";
import { DoWith } from "../startables/do-with";
import { ThingPage } from "../startables/thing-page";
import { useWords as useSharedWords } from "../startables/words";
import { Counts, Enabled, OutcomeNote } from "./parts";
import { useFirings, useTrigger } from "./queries";
import { TriggerForm } from "./trigger-form";
import { useWords } from "./words";

/** The page. */
export default function TriggerPage() {
  const { triggerId } = useParams({ from: "/triggers/$triggerId" });
  const t = useWords();
  return (
    <ThingPage
      query={useTrigger(triggerId)}
      section={t("title")}
      above={<Link to="/triggers">{t("title")}</Link>}
      title={(trigger) => trigger.name}
      status={(trigger) => <Enabled enabled={trigger.enabled} />}
      actions={(trigger) => <Actions trigger={trigger} />}
      about={(trigger) => <About trigger={trigger} />}
    >
      {(trigger) => <Firings id={trigger.id} />}
    </ThingPage>
  );
}

function Actions({ trigger }: { trigger: Schemas["Trigger"] }) {
  const t = useWords();
  const c = useVocabulary();
  const navigate = useGoOn();
  const [editing, setEditing] = useState(false);
  const params = { path: { trigger_id: trigger.id } };
  return (
    <>
      <DoWith
        noun="triggers"
        id={trigger.id}
        name={trigger.name}
        active={trigger.enabled}
        pauseHint={t("act.pauseTrigger")}
        deleteHint={t("act.deleteTrigger")}
        runs="run_start"
        writes="definition_write"
        pause={() => done(api.POST("/api/v1/triggers/{trigger_id}/pause", { params }))}
        resume={() => done(api.POST("/api/v1/triggers/{trigger_id}/resume", { params }))}
        remove={() => done(api.DELETE("/api/v1/triggers/{trigger_id}", { params }))}
        leave={() => navigate({ to: "/triggers" })}
      >
        <Button onClick={() => setEditing(true)}>{c("action.edit")}</Button>
      </DoWith>
      {editing && (
        <TriggerForm
          trigger={trigger}
          onClose={() => setEditing(false)}
          onSaved={() => setEditing(false)}
        />
      )}
    </>
  );
}

function Firings({ id }: { id: string }) {
  const t = useWords();
  return (
    <Listed
      title={t("firings.title")}
      list={useFirings(id)}
      empty={<p className="p-4 text-sm text-soft">{t("firings.none")}</p>}
    >
      {(firings) => (
        <Rows
          label={t("firings.title")}
          items={firings}
          id={({ position }) => String(position)}
          columns={[
            { name: t("col.when"), cell: ({ at }) => <Ago at={at} /> },
            { name: t("firings.event"), cell: (firing) => <Event firing={firing} /> },
            { name: t("col.outcome"), cell: (firing) => <OutcomeNote of={firing} /> },
          ]}
        />
      )}
    </Listed>
  );
}

function Event({ firing }: { firing: Schemas["Firing"] }) {
  const t = useWords();
  const { event_type, event_run_id, subject } = firing;
  return (
    <>
      <code className="font-mono text-xs">{event_type}</code>
      {subject !== event_run_id && (
        <code className="block font-mono text-xs text-soft">{subject}</code>
      )}
      <span className="block text-xs">
        <RunLink id={event_run_id}>{t("show.eventRun")}</RunLink>
      </span>
    </>
  );
}

function About({ trigger }: { trigger: Schemas["Trigger"] }) {
  const t = useWords();
  const s = useSharedWords();
  const c = useVocabulary();
  return (
    <>
      <Facts>
        <Fact name={s("fact.id")}>
          <Id id={trigger.id} />
        </Fact>
        <Fact name={s("fact.events")}>
          <code className="font-mono text-xs">{trigger.subjects.join(", ")}</code>
        </Fact>
        {trigger.filter && (
          <Fact name={s("fact.filter")}>
            <code className="font-mono text-xs">{trigger.filter}</code>
          </Fact>
        )}
        <Fact name={s("fact.starts")}>
          <Starts starts={trigger.starts} />
        </Fact>
        <Fact name={t("col.counts")}>
          <Counts counts={trigger.counts} />
        </Fact>
        <Fact name={t("form.perMinute")}>{number(trigger.per_minute)}</Fact>
        <Fact name={t("fact.own")}>{trigger.own_events ? c("yes") : c("no")}</Fact>
        <Fact name={t("fact.last")}>
          {trigger.last_at ? <Ago at={trigger.last_at} /> : c("never")}
        </Fact>
        <Fact name={s("fact.changed")}>
          <Ago at={trigger.updated_at} />
        </Fact>
      </Facts>
      {trigger.input != null && (
        <Code value={trigger.input} label={s("fact.input")} className="mt-3" />
      )}
    </>
  );
}
