// One trigger: for what it is, the last events that it was for, and what can be done with it.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { api, done, type Schemas } from "@/api/client";
import { Code, Id } from "@/design/code";
import { Card, Fact, Facts, Page, Td, Th } from "@/design/layout";
import { Read } from "@/design/state";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { PageList } from "../startables/page-list";
import { DoWith } from "./do-with";
import { Counts, Enabled, OutcomeNote, RunLink, Starts } from "./parts";
import { useFirings, useTrigger } from "./queries";
import { useWords } from "./words";

/** The page. */
export default function TriggerPage() {
  const { triggerId } = useParams({ from: "/triggers/$triggerId" });
  const t = useWords();
  const query = useTrigger(triggerId);
  return (
    <Read query={query} rows={8}>
      {(trigger) => (
        <Page
          title={trigger.name}
          section={t("title")}
          above={
            <Link to="/triggers" className="hover:text-ink hover:underline">
              {t("title")}
            </Link>
          }
          beside={<Enabled enabled={trigger.enabled} />}
          actions={<Actions trigger={trigger} />}
        >
          <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
            <Firings id={trigger.id} />
            <About trigger={trigger} />
          </div>
        </Page>
      )}
    </Read>
  );
}

function Actions({ trigger }: { trigger: Schemas["Trigger"] }) {
  const t = useWords();
  const { say } = useToast();
  const client = useQueryClient();
  const navigate = useNavigate();
  const params = { path: { trigger_id: trigger.id } };
  const refresh = () => client.invalidateQueries({ queryKey: ["triggers"] });
  return (
    <DoWith
      name={trigger.name}
      enabled={trigger.enabled}
      pauseHint={t("act.pauseTrigger")}
      deleteHint={t("act.deleteTrigger")}
      onPause={async () => {
        await done(api.POST("/api/v1/triggers/{trigger_id}/pause", { params }));
        say(t("said.paused"));
        await refresh();
      }}
      onResume={async () => {
        await done(api.POST("/api/v1/triggers/{trigger_id}/resume", { params }));
        say(t("said.resumed"));
        await refresh();
      }}
      onDelete={async () => {
        await done(api.DELETE("/api/v1/triggers/{trigger_id}", { params }));
        say(t("said.deleted"));
        await navigate({ to: "/triggers" });
        client.removeQueries({ queryKey: ["triggers", "one", trigger.id] });
        await refresh();
      }}
    />
  );
}

function Firings({ id }: { id: string }) {
  const t = useWords();
  const list = useFirings(id);
  return (
    <Card title={t("firings.title")} flush>
      <PageList
        list={list}
        label={t("firings.title")}
        head={
          <>
            <Th>{t("col.when")}</Th>
            <Th>{t("firings.event")}</Th>
            <Th>{t("col.outcome")}</Th>
            <Th>{t("col.run")}</Th>
          </>
        }
        empty={<p className="p-4 text-sm text-soft">{t("firings.none")}</p>}
      >
        {(firing) => (
          <tr key={firing.position}>
            <Td className="text-soft">
              <Ago at={firing.at} />
            </Td>
            <Td>
              <code className="font-mono text-xs">{firing.event_type}</code>
              {firing.subject !== firing.event_run_id && (
                <code className="block font-mono text-xs text-soft">{firing.subject}</code>
              )}
              <span className="block text-xs">
                <RunLink id={firing.event_run_id}>{t("show.eventRun")}</RunLink>
              </span>
            </Td>
            <Td>
              <OutcomeNote outcome={firing.outcome} why={firing.why} />
            </Td>
            <Td>{firing.run_id && <RunLink id={firing.run_id}>{t("show.run")}</RunLink>}</Td>
          </tr>
        )}
      </PageList>
    </Card>
  );
}

function About({ trigger }: { trigger: Schemas["Trigger"] }) {
  const t = useWords();
  const c = useVocabulary();
  return (
    <Card>
      <Facts>
        <Fact name={t("fact.id")}>
          <Id id={trigger.id} />
        </Fact>
        <Fact name={t("fact.events")}>
          <code className="font-mono text-xs">{trigger.subjects.join(", ")}</code>
        </Fact>
        {trigger.filter && (
          <Fact name={t("fact.filter")}>
            <code className="font-mono text-xs">{trigger.filter}</code>
          </Fact>
        )}
        <Fact name={t("fact.starts")}>
          <Starts starts={trigger.starts} />
        </Fact>
        <Fact name={t("col.counts")}>
          <Counts counts={trigger.counts} />
        </Fact>
        <Fact name={t("fact.perMinute")}>{number(trigger.per_minute)}</Fact>
        <Fact name={t("fact.own")}>{trigger.own_events ? c("yes") : c("no")}</Fact>
        <Fact name={t("fact.last")}>
          {trigger.last_at ? <Ago at={trigger.last_at} /> : c("never")}
        </Fact>
        <Fact name={t("fact.changed")}>
          <Ago at={trigger.updated_at} />
        </Fact>
      </Facts>
      {trigger.input != null && (
        <Code value={trigger.input} label={t("fact.input")} className="mt-3" />
      )}
    </Card>
  );
}
