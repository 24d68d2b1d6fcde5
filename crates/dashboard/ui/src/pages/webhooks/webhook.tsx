// One webhook: what was sent to it, why it fails, and what can be done with it.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, body, done, type Schemas, version } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Id } from "@/design/code";
import { Confirm } from "@/design/dialog";
import { Card, Fact, Facts, Page } from "@/design/layout";
import { Read } from "@/design/state";
import { Ago, useNow } from "@/design/time";
import { useToast } from "@/design/toast";
import { ago, moment, number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { Deliveries } from "./deliveries";
import { WebhookForm } from "./form";
import { WebhookStatus } from "./list";
import { useWebhook } from "./queries";
import { Rotate } from "./rotate";
import { useWords } from "./words";

/** The page. */
export default function WebhookPage() {
  const { webhookId } = useParams({ from: "/webhooks/$webhookId" });
  const t = useWords();
  const query = useWebhook(webhookId);
  return (
    <Read query={query} rows={8}>
      {(webhook) => (
        <Page
          title={webhook.url}
          above={
            <Link to="/webhooks" className="hover:text-ink hover:underline">
              {t("title")}
            </Link>
          }
          beside={<WebhookStatus webhook={webhook} />}
          lead={webhook.description || undefined}
          actions={<Actions webhook={webhook} />}
        >
          <Notes webhook={webhook} />
          <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_18rem]">
            <Deliveries webhookId={webhook.id} />
            <About webhook={webhook} />
          </div>
        </Page>
      )}
    </Read>
  );
}

/** What somebody should know of it. */
function Notes({ webhook }: { webhook: Schemas["Webhook"] }) {
  const t = useWords();
  const now = useNow();
  const notes: string[] = [];
  if (webhook.disabled_reason) notes.push(t("disabledBy", { why: webhook.disabled_reason }));
  if (webhook.filter_error) notes.push(t("filterError", { why: webhook.filter_error }));
  if (webhook.failing_since) {
    notes.push(t("failingSince", { ago: ago(webhook.failing_since, now) }));
  }
  if (webhook.overlap_until && new Date(webhook.overlap_until).getTime() > now) {
    notes.push(t("overlap", { at: moment(webhook.overlap_until) }));
  }
  if (notes.length === 0) return null;
  return (
    <ul className="mb-4 rounded-md border border-wait/50 bg-wait-wash px-3 py-2.5 text-sm">
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
  const c = useVocabulary();
  const { may } = useSession();
  const { say, fail } = useToast();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [editing, setEditing] = useState(false);
  if (!may("integration_write")) return null;
  const path = { webhook_id: webhook.id };
  const refresh = () => client.invalidateQueries({ queryKey: ["webhooks"] });
  const enable = async (enabled: boolean) => {
    await body(
      api.PATCH("/api/v1/webhooks/{webhook_id}", {
        params: { path, header: { "If-Match": version(webhook) } },
        body: { enabled } as unknown as Record<string, never>,
      }),
    );
    say(t(enabled ? "said.enabled" : "said.disabled"));
    await refresh();
  };
  const test = async () => {
    await body(api.POST("/api/v1/webhooks/{webhook_id}/test", { params: { path } }));
    say(t("said.test"));
    await refresh();
  };
  const remove = async () => {
    await done(api.DELETE("/api/v1/webhooks/{webhook_id}", { params: { path } }));
    say(t("said.deleted"));
    await navigate({ to: "/webhooks" });
    client.removeQueries({ queryKey: ["webhooks", "one", webhook.id] });
    await refresh();
  };
  const tell = async (act: () => Promise<void>) => {
    setBusy(true);
    try {
      await act();
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button busy={busy} onClick={() => void tell(test)}>
        {t("act.test")}
      </Button>
      {webhook.enabled ? (
        <Confirm
          trigger={<Button>{t("act.disable")}</Button>}
          title={t("act.disableAsk")}
          action={t("act.disable")}
          onConfirm={() => enable(false)}
        >
          {t("act.disableHint")}
        </Confirm>
      ) : (
        <Button look="primary" busy={busy} onClick={() => void tell(() => enable(true))}>
          {t("act.enable")}
        </Button>
      )}
      <Button onClick={() => setEditing(true)}>{c("action.edit")}</Button>
      <Rotate webhookId={webhook.id} />
      <Confirm
        trigger={<Button look="danger">{c("action.delete")}</Button>}
        title={t("act.deleteAsk")}
        action={c("action.delete")}
        onConfirm={remove}
      >
        {t("act.deleteHint")}
      </Confirm>
      {editing && (
        <WebhookForm
          webhook={webhook}
          onClose={() => setEditing(false)}
          onSaved={() => {
            setEditing(false);
            say(t("said.saved"));
          }}
        />
      )}
    </>
  );
}

function About({ webhook }: { webhook: Schemas["Webhook"] }) {
  const t = useWords();
  return (
    <Card>
      <Facts>
        <Fact name={t("fact.id")}>
          <Id id={webhook.id} />
        </Fact>
        <Fact name={t("fact.events")}>
          <code className="font-mono text-xs">{webhook.events.join(", ")}</code>
        </Fact>
        {webhook.filter && (
          <Fact name={t("fact.filter")}>
            <code className="font-mono text-xs">{webhook.filter}</code>
          </Fact>
        )}
        {webhook.channel && <Fact name={t("fact.channel")}>{webhook.channel}</Fact>}
        <Fact name={t("fact.failures")}>{number(webhook.failures)}</Fact>
        <Fact name={t("fact.changed")}>
          <Ago at={webhook.updated_at} />
        </Fact>
      </Facts>
    </Card>
  );
}
