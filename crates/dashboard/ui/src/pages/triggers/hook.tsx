// One hook: which requests it takes, the last that came, and what can be done with it.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, body, done, type Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Code, Id } from "@/design/code";
import { Confirm } from "@/design/dialog";
import { Card, Fact, Facts, Page, Td, Th } from "@/design/layout";
import { Read } from "@/design/state";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { PageList } from "../startables/page-list";
import { DoWith } from "./do-with";
import { HookPath, type NewPath } from "./hook-path";
import { Counts, Enabled, OutcomeNote, RunLink, Starts } from "./parts";
import { useHook, useHookDeliveries } from "./queries";
import { useWords } from "./words";

/** The page. */
export default function HookPage() {
  const { hookId } = useParams({ from: "/triggers/hooks/$hookId" });
  const t = useWords();
  const query = useHook(hookId);
  return (
    <Read query={query} rows={8}>
      {(hook) => (
        <Page
          title={hook.name}
          section={t("title")}
          above={
            <Link to="/triggers" className="hover:text-ink hover:underline">
              {t("title")}
            </Link>
          }
          beside={<Enabled enabled={hook.enabled} />}
          actions={<Actions hook={hook} />}
        >
          <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
            <Deliveries id={hook.id} />
            <About hook={hook} />
          </div>
        </Page>
      )}
    </Read>
  );
}

function Actions({ hook }: { hook: Schemas["Hook"] }) {
  const t = useWords();
  const { say } = useToast();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [made, setMade] = useState<NewPath | null>(null);
  const params = { path: { hook_id: hook.id } };
  const refresh = () => client.invalidateQueries({ queryKey: ["hooks"] });
  return (
    <>
      <DoWith
        name={hook.name}
        enabled={hook.enabled}
        pauseHint={t("act.pauseHook")}
        deleteHint={t("act.deleteHook")}
        onPause={async () => {
          await done(api.POST("/api/v1/hooks/{hook_id}/pause", { params }));
          say(t("said.paused"));
          await refresh();
        }}
        onResume={async () => {
          await done(api.POST("/api/v1/hooks/{hook_id}/resume", { params }));
          say(t("said.resumed"));
          await refresh();
        }}
        onDelete={async () => {
          await done(api.DELETE("/api/v1/hooks/{hook_id}", { params }));
          say(t("said.deleted"));
          await navigate({ to: "/triggers" });
          client.removeQueries({ queryKey: ["hooks", "one", hook.id] });
          await refresh();
        }}
      >
        <Confirm
          trigger={<Button>{t("act.rotate")}</Button>}
          title={t("act.rotateAsk")}
          action={t("act.rotate")}
          onConfirm={async () => {
            const next = await body(api.POST("/api/v1/hooks/{hook_id}/rotate", { params }));
            setMade({ id: next.id, path: next.path ?? null });
            await refresh();
          }}
        >
          {t("act.rotateHint")}
        </Confirm>
      </DoWith>
      {made && <HookPath made={made} onClose={() => setMade(null)} />}
    </>
  );
}

function Deliveries({ id }: { id: string }) {
  const t = useWords();
  const list = useHookDeliveries(id);
  return (
    <Card title={t("deliveries.title")} flush>
      <PageList
        list={list}
        label={t("deliveries.title")}
        head={
          <>
            <Th>{t("col.when")}</Th>
            <Th>{t("deliveries.from")}</Th>
            <Th>{t("deliveries.name")}</Th>
            <Th>{t("col.outcome")}</Th>
            <Th>{t("col.run")}</Th>
          </>
        }
        empty={<p className="p-4 text-sm text-soft">{t("deliveries.none")}</p>}
      >
        {(delivery) => (
          <tr key={delivery.id}>
            <Td className="text-soft">
              <Ago at={delivery.at} />
            </Td>
            <Td className="font-mono text-xs text-soft">{delivery.address}</Td>
            <Td>{delivery.delivery && <Id id={delivery.delivery} />}</Td>
            <Td>
              <OutcomeNote outcome={delivery.outcome} why={delivery.why} />
            </Td>
            <Td>{delivery.run_id && <RunLink id={delivery.run_id}>{t("show.run")}</RunLink>}</Td>
          </tr>
        )}
      </PageList>
    </Card>
  );
}

function About({ hook }: { hook: Schemas["Hook"] }) {
  const t = useWords();
  const c = useVocabulary();
  const { verification, answer } = hook;
  return (
    <Card>
      <Facts>
        <Fact name={t("fact.id")}>
          <Id id={hook.id} />
        </Fact>
        <Fact name={t("fact.verification")}>
          {t(`verification.${verification.type}`)}
          {verification.type === "hmac_sha256" && (
            <code className="block font-mono text-xs text-soft">
              {verification.header}: {verification.prefix}…
            </code>
          )}
        </Fact>
        {hook.filter && (
          <Fact name={t("fact.filter")}>
            <code className="font-mono text-xs">{hook.filter}</code>
          </Fact>
        )}
        {hook.delivery_id && (
          <Fact name={t("fact.deliveryId")}>
            <code className="font-mono text-xs">{hook.delivery_id}</code>
          </Fact>
        )}
        {hook.headers.length > 0 && (
          <Fact name={t("fact.headers")}>
            <code className="font-mono text-xs">{hook.headers.join(", ")}</code>
          </Fact>
        )}
        <Fact name={t("fact.starts")}>
          <Starts starts={hook.starts} />
        </Fact>
        <Fact name={t("fact.answer")}>
          {answer.type === "wait"
            ? t("answer.wait", { at_most: answer.at_most })
            : t("answer.accepted")}
        </Fact>
        <Fact name={t("col.counts")}>
          <Counts counts={hook.counts} />
        </Fact>
        <Fact name={t("fact.last")}>{hook.last_at ? <Ago at={hook.last_at} /> : c("never")}</Fact>
        <Fact name={t("fact.changed")}>
          <Ago at={hook.updated_at} />
        </Fact>
      </Facts>
      {hook.input != null && <Code value={hook.input} label={t("fact.input")} className="mt-3" />}
    </Card>
  );
}
