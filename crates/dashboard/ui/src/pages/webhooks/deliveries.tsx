// What was sent to a webhook, what it answered, and sending it again.

import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, body, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Card, Td, Th } from "@/design/layout";
import { Badge, type Tone } from "@/design/status";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { number } from "@/i18n/format";
import { PageList } from "../startables/page-list";
import { useDeliveries } from "./queries";
import { useWords } from "./words";

const TONES: Record<Schemas["DeliveryStatus"], Tone> = {
  pending: "busy",
  delivered: "good",
  failed: "bad",
};

/** The list. */
export function Deliveries({ webhookId }: { webhookId: string }) {
  const t = useWords();
  const { may } = useSession();
  const list = useDeliveries(webhookId);
  return (
    <Card title={t("deliveries.title")} flush>
      <PageList
        list={list}
        label={t("deliveries.title")}
        head={
          <>
            <Th>{t("deliveries.event")}</Th>
            <Th>{t("deliveries.status")}</Th>
            <Th>{t("deliveries.answer")}</Th>
            <Th className="text-right">{t("deliveries.attempts")}</Th>
            <Th>{t("deliveries.sent")}</Th>
            <Th>{t("deliveries.run")}</Th>
            {may("integration_write") && <Th>{t("deliveries.do")}</Th>}
          </>
        }
        empty={<p className="p-4 text-sm text-soft">{t("deliveries.none")}</p>}
      >
        {(delivery) => <DeliveryRow key={delivery.id} delivery={delivery} />}
      </PageList>
    </Card>
  );
}

function DeliveryRow({ delivery }: { delivery: Schemas["Delivery"] }) {
  const t = useWords();
  const { may } = useSession();
  const { say, fail } = useToast();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const redeliver = async () => {
    setBusy(true);
    try {
      const path = { webhook_id: delivery.webhook_id, delivery_id: delivery.id };
      await body(
        api.POST("/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", {
          params: { path },
        }),
      );
      say(t("said.redelivered"));
      await client.invalidateQueries({ queryKey: ["webhooks"] });
    } catch (error) {
      fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <tr>
      <Td>
        <code className="font-mono text-xs">{delivery.event_type}</code>
        <code
          className="block max-w-48 truncate font-mono text-xs text-soft"
          title={delivery.subject}
        >
          {delivery.subject}
        </code>
      </Td>
      <Td>
        <Badge tone={TONES[delivery.status]}>{t(`delivery.${delivery.status}`)}</Badge>
      </Td>
      <Td className="text-soft">
        {delivery.response_status}
        {delivery.error && <code className="block font-mono text-xs">{delivery.error}</code>}
      </Td>
      <Td className="text-right tabular-nums">{number(delivery.attempts)}</Td>
      <Td className="text-soft">
        <Ago at={delivery.updated_at} />
      </Td>
      <Td>
        {delivery.run_id && (
          <Link
            to="/runs/$runId"
            params={{ runId: delivery.run_id }}
            className="whitespace-nowrap text-accent hover:underline"
          >
            {t("deliveries.show")}
          </Link>
        )}
      </Td>
      {may("integration_write") && (
        <Td>
          {delivery.status !== "pending" && (
            <Button small busy={busy} onClick={() => void redeliver()}>
              {t("act.redeliver")}
            </Button>
          )}
        </Td>
      )}
    </tr>
  );
}
