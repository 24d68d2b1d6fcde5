// All webhooks of the project: where events go, and whether they arrive.

import { Link, useNavigate } from "@tanstack/react-router";
import { Send } from "lucide-react";
import { useState } from "react";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Card, Page, Td, Th } from "@/design/layout";
import { Empty } from "@/design/state";
import { number } from "@/i18n/format";
import { PageList } from "../startables/page-list";
import { useWords as useSharedWords } from "../startables/words";
import { WebhookForm } from "./form";
import { WebhookSecret, WebhookStatus } from "./parts";
import { useWebhooks } from "./queries";
import { useWords } from "./words";

/** The page. */
export default function Webhooks() {
  const t = useWords();
  const s = useSharedWords();
  const { may } = useSession();
  const navigate = useNavigate();
  const list = useWebhooks();
  const [open, setOpen] = useState(false);
  const [made, setMade] = useState<{ id: string; secret: string | null } | null>(null);
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        may("integration_write") && (
          <Button look="primary" onClick={() => setOpen(true)}>
            {t("new")}
          </Button>
        )
      }
    >
      <Card flush>
        <PageList
          list={list}
          label={t("title")}
          head={
            <>
              <Th>{t("col.url")}</Th>
              <Th>{s("fact.events")}</Th>
              <Th>{t("col.status")}</Th>
              <Th className="text-right">{t("col.failures")}</Th>
            </>
          }
          empty={
            <Empty icon={<Send />} title={t("empty")}>
              {t("emptyHint")}
            </Empty>
          }
        >
          {(webhook) => (
            <tr key={webhook.id}>
              <Td className="min-w-56">
                <Link
                  to="/webhooks/$webhookId"
                  params={{ webhookId: webhook.id }}
                  className="font-medium break-all hover:underline"
                >
                  {webhook.url}
                </Link>
                {webhook.description && (
                  <span className="block text-xs text-soft">{webhook.description}</span>
                )}
              </Td>
              <Td className="min-w-32 font-mono text-xs text-soft">{webhook.events.join(", ")}</Td>
              <Td>
                <WebhookStatus webhook={webhook} />
              </Td>
              <Td className="text-right text-soft tabular-nums">{number(webhook.failures)}</Td>
            </tr>
          )}
        </PageList>
      </Card>
      {open && (
        <WebhookForm
          webhook={null}
          onClose={() => setOpen(false)}
          onSaved={(id, secret) => {
            setOpen(false);
            setMade({ id, secret });
          }}
        />
      )}
      {made && (
        <WebhookSecret
          secret={made.secret}
          onClose={() => {
            setMade(null);
            void navigate({ to: "/webhooks/$webhookId", params: { webhookId: made.id } });
          }}
        />
      )}
    </Page>
  );
}
