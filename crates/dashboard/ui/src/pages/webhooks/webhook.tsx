// One webhook: what was sent to it, why it fails, and what can be done with it.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, body, done, type Schemas, version } from "@/api/client";
import { useGoOn } from "@/app/go-on";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Id } from "@/design/code";
import { Fact, Facts } from "@/design/layout";
import { Ago, useNow } from "@/design/time";
import { useToast } from "@/design/toast";
import { ago, moment, number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { DoWith } from "../startables/do-with";
import { ThingPage } from "../startables/thing-page";
import { useWords as useSharedWords } from "../startables/words";
import { Deliveries } from "./deliveries";
import { WebhookForm } from "./form";
import { WebhookStatus } from "./parts";
import { useWebhook } from "./queries";
import { Rotate } from "./rotate";
import { useWords } from "./words";

/** The page. */
export default function WebhookPage() {
  const { webhookId } = useParams({ from: "/webhooks/$webhookId" });
  const t = useWords();
  return (
    <ThingPage
      query={useWebhook(webhookId)}
      section={t("title")}
      above={<Link to="/webhooks">{t("title")}</Link>}
      title={(webhook) => webhook.url}
      lead={(webhook) => webhook.description || undefined}
      status={(webhook) => <WebhookStatus webhook={webhook} />}
      actions={(webhook) => <Actions webhook={webhook} />}
      about={(webhook) => <About webhook={webhook} />}
    >
      {(webhook) => (
        <>
          <Notes webhook={webhook} />
          <Deliveries webhookId={webhook.id} />
        </>
      )}
    </ThingPage>
  );
}

/** What somebody should know of it. */
function Notes({ webhook }: { webhook: Schemas["Webhook"] }) {
  const t = useWords();
  const now = useNow();
  const notes: string[] = [];
  if (webhook.disabled_reason) notes.push(t("disabledBy", { why: webhook.disabled_reason }));
  if (webhook.filter_error) notes.push(t("filterError", { why: webhook.filter_error }));
  if (webhook.enabled && webhook.failing_since) {
    notes.push(t("failingSince", { ago: ago(webhook.failing_since, now) }));
  }
  if (webhook.overlap_until && new Date(webhook.overlap_until).getTime() > now) {
    notes.push(t("overlap", { at: moment(webhook.overlap_until) }));
  }
  if (notes.length === 0) return null;
  return (
    <ul className="rounded-md border border-wait/50 bg-wait-wash px-3 py-2.5 text-sm">
      {notes.map((note) => (
        <li key={note} className="break-words">
          {note}
        </li>
      ))}
    </ul>
  );
}

function Actions({ webhook }: { webhook: Schemas["Webhook"] }) {
  const t = useWords();
  const s = useSharedWords();
  const c = useVocabulary();
  const { say } = useToast();
  const navigate = useGoOn();
  const [editing, setEditing] = useState(false);
  const path = { webhook_id: webhook.id };
  const enable = (enabled: boolean) =>
    body(
      api.PATCH("/api/v1/webhooks/{webhook_id}", {
        params: { path, header: { "If-Match": version(webhook) } },
        body: { enabled } as unknown as Record<string, never>,
      }),
    );
  return (
    <>
      <DoWith
        noun="webhooks"
        id={webhook.id}
        name={webhook.url}
        active={webhook.enabled}
        pauseHint={t("act.pauseHint")}
        deleteHint={t("act.deleteHint")}
        runs="integration_write"
        writes="integration_write"
        pause={() => enable(false)}
        resume={() => enable(true)}
        remove={() => done(api.DELETE("/api/v1/webhooks/{webhook_id}", { params: { path } }))}
        leave={() => navigate({ to: "/webhooks" })}
        first={<SendTest id={webhook.id} />}
      >
        <Button onClick={() => setEditing(true)}>{c("action.edit")}</Button>
        <Rotate webhookId={webhook.id} />
      </DoWith>
      {editing && (
        <WebhookForm
          webhook={webhook}
          onClose={() => setEditing(false)}
          onSaved={() => {
            setEditing(false);
            say(s("said.saved"));
          }}
        />
      )}
    </>
  );
}

function SendTest({ id }: { id: string }) {
  const t = useWords();
  const { may } = useSession();
  const { say, fail } = useToast();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const test = async () => {
    setBusy(true);
    try {
      await body(
        api.POST("/api/v1/webhooks/{webhook_id}/test", { params: { path: { webhook_id: id } } }),
      );
      say(t("said.test"));
      await client.invalidateQueries({ queryKey: ["webhooks"] });
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  if (!may("integration_write")) return null;
  return (
    <Button busy={busy} onClick={() => void test()}>
      {t("act.test")}
    </Button>
  );
}

function About({ webhook }: { webhook: Schemas["Webhook"] }) {
  const t = useWords();
  const s = useSharedWords();
  return (
    <Facts>
      <Fact name={s("fact.id")}>
        <Id id={webhook.id} />
      </Fact>
      <Fact name={s("fact.events")}>
        <code className="font-mono text-xs">{webhook.events.join(", ")}</code>
      </Fact>
      {webhook.filter && (
        <Fact name={s("fact.filter")}>
          <code className="font-mono text-xs">{webhook.filter}</code>
        </Fact>
      )}
      {webhook.channel && <Fact name={t("fact.channel")}>{webhook.channel}</Fact>}
      <Fact name={t("col.failures")}>{number(webhook.failures)}</Fact>
      <Fact name={s("fact.changed")}>
        <Ago at={webhook.updated_at} />
      </Fact>
    </Facts>
  );
}
