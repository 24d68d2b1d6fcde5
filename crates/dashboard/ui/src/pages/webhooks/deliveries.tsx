// What was sent to a webhook, what it answered, and sending it again.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Id } from "@/design/code";
import { Card, Td, Th } from "@/design/layout";
import { Badge, type Tone } from "@/design/status";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { RunLink } from "../startables/choice";
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
  return (
    <Card title={t("deliveries.title")} flush>
      <PageList
        list={useDeliveries(webhookId)}
        label={t("deliveries.title")}
        head={
          <>
            <Th>{t("deliveries.event")}</Th>
            <Th>{t("deliveries.answer")}</Th>
            <Th>{t("deliveries.sent")}</Th>
            {may("integration_write") && (
              <Th>
                <span className="sr-only">{t("act.redeliver")}</span>
              </Th>
            )}
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
  const ofRun = delivery.subject.startsWith("run_");
  return (
    <tr>
      <Td>
        <code className="font-mono text-xs">{delivery.event_type}</code>
        <span className="block text-xs">
          {ofRun ? (
            <RunLink id={delivery.subject}>{t("deliveries.eventRun")}</RunLink>
          ) : (
            <Id id={delivery.subject} />
          )}
        </span>
      </Td>
      <Td>
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <Badge tone={TONES[delivery.status]}>{t(`delivery.${delivery.status}`)}</Badge>
          <span className="text-xs text-soft">
            {[
              delivery.response_status,
              delivery.error,
              delivery.attempts !== 1 && t("deliveries.attempts", { count: delivery.attempts }),
            ]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </span>
        {delivery.run_id && (
          <span className="block text-xs">
            <RunLink id={delivery.run_id}>{t("deliveries.course")}</RunLink>
          </span>
        )}
      </Td>
      <Td className="text-soft">
        <Ago at={delivery.updated_at} />
      </Td>
      {may("integration_write") && (
        <Td className="text-right">
          {delivery.status !== "pending" && <Redeliver delivery={delivery} />}
        </Td>
      )}
    </tr>
  );
}

function Redeliver({ delivery }: { delivery: Schemas["Delivery"] }) {
  const t = useWords();
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
    <Button small busy={busy} onClick={() => void redeliver()}>
      {t("act.redeliver")}
    </Button>
  );
}
