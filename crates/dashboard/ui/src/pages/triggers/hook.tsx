// One hook: which requests it takes, the last that came, and what can be done with it.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, body, done, type Schemas } from "@/api/client";
import { useGoOn } from "@/app/go-on";
import { Button } from "@/design/button";
import { Code, Id } from "@/design/code";
import { Confirm } from "@/design/dialog";
import { Fact, Facts } from "@/design/layout";
import { Listed } from "@/design/listed";
import { Rows } from "@/design/rows";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { Starts } from "../startables/choice";
import { DoWith } from "../startables/do-with";
import { ThingPage } from "../startables/thing-page";
import { useWords as useSharedWords } from "../startables/words";
import { HookForm } from "./hook-form";
import { Counts, Enabled, HookPath, OutcomeNote } from "./parts";
import { useHook, useHookDeliveries } from "./queries";
import { useWords } from "./words";

/** The page. */
export default function HookPage() {
  const { hookId } = useParams({ from: "/triggers/hooks/$hookId" });
  const t = useWords();
  return (
    <ThingPage
      query={useHook(hookId)}
      section={t("title")}
      above={<Link to="/triggers">{t("title")}</Link>}
      title={(hook) => hook.name}
      status={(hook) => <Enabled enabled={hook.enabled} />}
      actions={(hook) => <Actions hook={hook} />}
      about={(hook) => <About hook={hook} />}
    >
      {(hook) => <Deliveries id={hook.id} />}
    </ThingPage>
  );
}

function Actions({ hook }: { hook: Schemas["Hook"] }) {
  const t = useWords();
  const s = useSharedWords();
  const c = useVocabulary();
  const { say } = useToast();
  const client = useQueryClient();
  const navigate = useGoOn();
  const [editing, setEditing] = useState(false);
  const [path, setPath] = useState<string | null>(null);
  const params = { path: { hook_id: hook.id } };
  return (
    <>
      <DoWith
        noun="hooks"
        id={hook.id}
        name={hook.name}
        active={hook.enabled}
        pauseHint={t("act.pauseHook")}
        deleteHint={t("act.deleteHook")}
        runs="run_start"
        writes="definition_write"
        pause={() => done(api.POST("/api/v1/hooks/{hook_id}/pause", { params }))}
        resume={() => done(api.POST("/api/v1/hooks/{hook_id}/resume", { params }))}
        remove={() => done(api.DELETE("/api/v1/hooks/{hook_id}", { params }))}
        leave={() => navigate({ to: "/triggers" })}
      >
        <Button onClick={() => setEditing(true)}>{c("action.edit")}</Button>
        <Confirm
          trigger={<Button>{t("act.rotate")}</Button>}
          title={t("act.rotateAsk")}
          action={t("act.rotate")}
          onConfirm={async () => {
            const next = await body(api.POST("/api/v1/hooks/{hook_id}/rotate", { params }));
            setPath(next.path ?? null);
            await client.invalidateQueries({ queryKey: ["hooks"] });
          }}
        >
          {t("act.rotateHint")}
        </Confirm>
      </DoWith>
      {editing && (
        <HookForm
          hook={hook}
          onClose={() => setEditing(false)}
          onSaved={() => {
            setEditing(false);
            say(s("said.saved"));
          }}
        />
      )}
      {path !== null && <HookPath path={path} onClose={() => setPath(null)} />}
    </>
  );
}

function Deliveries({ id }: { id: string }) {
  const t = useWords();
  return (
    <Listed
      title={t("deliveries.title")}
      list={useHookDeliveries(id)}
      empty={<p className="p-4 text-sm text-soft">{t("deliveries.none")}</p>}
    >
      {(deliveries) => (
        <Rows
          label={t("deliveries.title")}
          items={deliveries}
          id={({ id }) => id}
          columns={[
            { name: t("col.when"), cell: ({ at }) => <Ago at={at} /> },
            {
              name: t("col.outcome"),
              cell: (delivery) => <OutcomeNote of={delivery} />,
              className: "sm:min-w-44",
            },
            {
              name: t("deliveries.name"),
              cell: ({ delivery }) => (delivery ? <Id id={delivery} /> : "–"),
            },
            {
              name: t("deliveries.from"),
              cell: ({ address }) => address,
              className: "font-mono text-xs text-soft",
            },
          ]}
        />
      )}
    </Listed>
  );
}

function About({ hook }: { hook: Schemas["Hook"] }) {
  const t = useWords();
  const s = useSharedWords();
  const c = useVocabulary();
  const { verification, answer } = hook;
  return (
    <>
      <Facts>
        <Fact name={s("fact.id")}>
          <Id id={hook.id} />
        </Fact>
        <Fact name={t("fact.path")}>
          <code className="font-mono text-xs">POST /hooks/gth_…</code>
          <span className="block text-xs text-soft">{t("fact.pathHint")}</span>
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
          <Fact name={s("fact.filter")}>
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
        <Fact name={s("fact.starts")}>
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
        <Fact name={s("fact.changed")}>
          <Ago at={hook.updated_at} />
        </Fact>
      </Facts>
      {hook.input != null && <Code value={hook.input} label={s("fact.input")} className="mt-3" />}
    </>
  );
}
