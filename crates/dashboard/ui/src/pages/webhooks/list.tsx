// All webhooks of the project: where events go, and whether they arrive.

import { Link } from "@tanstack/react-router";
import { Plus, Send } from "lucide-react";
import { useState } from "react";
import { useGoOn } from "@/app/go-on";
import { useOpening } from "@/app/opening";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Page } from "@/design/layout";
import { Listed } from "@/design/listed";
import { Rows } from "@/design/rows";
import { Empty } from "@/design/state";
import { number } from "@/i18n/format";
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
  const navigate = useGoOn();
  const [open, setOpen] = useOpening("new", may("integration_write"));
  const [made, setMade] = useState<{ id: string; secret: string | null } | null>(null);
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        may("integration_write") && (
          <Button look="primary" icon={<Plus />} onClick={() => setOpen(true)}>
            {t("new")}
          </Button>
        )
      }
    >
      <Listed
        list={useWebhooks()}
        empty={
          <Empty icon={<Send />} title={t("empty")}>
            {t("emptyHint")}
          </Empty>
        }
      >
        {(webhooks) => (
          <Rows
            label={t("title")}
            items={webhooks}
            id={({ id }) => id}
            columns={[
              {
                name: t("col.url"),
                cell: ({ id, url, description }) => (
                  <>
                    <Link
                      to="/webhooks/$webhookId"
                      params={{ webhookId: id }}
                      className="break-all hover:underline"
                    >
                      {url}
                    </Link>
                    {description && (
                      <span className="block text-xs font-normal text-soft">{description}</span>
                    )}
                  </>
                ),
                className: "sm:min-w-40",
              },
              {
                name: s("fact.events"),
                cell: ({ events }) => events.join(", "),
                className: "sm:min-w-32 font-mono text-xs text-soft",
                spare: true,
              },
              {
                name: t("col.status"),
                cell: (webhook) => <WebhookStatus webhook={webhook} />,
              },
              {
                name: t("col.failures"),
                cell: ({ failures }) => number(failures),
                className: "text-right text-soft tabular-nums",
              },
            ]}
          />
        )}
      </Listed>
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
