// What was sent to a webhook, what it answered, and sending it again.

import { useQueryClient } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { useState } from "react";
import { api, body, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { IconButton } from "@/design/button";
import { Id } from "@/design/code";
import { Listed } from "@/design/listed";
import { Rows } from "@/design/rows";
import { Badge, type Tone } from "@/design/status";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { RunLink } from "../startables/choice";
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
    <Listed
      title={t("deliveries.title")}
      list={useDeliveries(webhookId)}
      empty={<p className="p-4 text-sm text-soft">{t("deliveries.none")}</p>}
    >
      {(deliveries) => (
        <Rows
          label={t("deliveries.title")}
          items={deliveries}
          id={({ id }) => id}
          columns={[
            {
              name: t("deliveries.event"),
              cell: (delivery) => <Event delivery={delivery} />,
            },
            {
              name: t("deliveries.answer"),
              cell: (delivery) => <Answer delivery={delivery} />,
            },
            {
              name: t("deliveries.sent"),
              cell: ({ updated_at }) => <Ago at={updated_at} />,
              className: "text-soft",
            },
          ]}
          actions={
            may("integration_write") &&
            ((delivery) => delivery.status !== "pending" && <Redeliver delivery={delivery} />)
          }
        />
      )}
    </Listed>
  );
}

function Event({ delivery }: { delivery: Schemas["Delivery"] }) {
  const t = useWords();
  const { event_type, subject } = delivery;
  return (
    <span className="font-normal">
      <code className="font-mono text-xs">{event_type}</code>
      <span className="block text-xs">
        {subject.startsWith("run_") ? (
          <RunLink id={subject}>{t("deliveries.eventRun")}</RunLink>
        ) : (
          <Id id={subject} />
        )}
      </span>
    </span>
  );
}

function Answer({ delivery }: { delivery: Schemas["Delivery"] }) {
  const t = useWords();
  const { status, response_status, error, attempts, run_id } = delivery;
  return (
    <>
      <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Badge tone={TONES[status]}>{t(`delivery.${status}`)}</Badge>
        <span className="text-xs text-soft">
          {[response_status, error, attempts !== 1 && t("deliveries.attempts", { count: attempts })]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </span>
      {run_id && (
        <span className="block text-xs">
          <RunLink id={run_id}>{t("deliveries.course")}</RunLink>
        </span>
      )}
    </>
  );
}

function Redeliver({ delivery }: { delivery: Schemas["Delivery"] }) {
  const t = useWords();
  const { say, fail } = useToast();
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const redeliver = async () => {
    if (busy) return;
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
    <IconButton label={t("act.redeliver")} aria-busy={busy} onClick={() => void redeliver()}>
      <RotateCw />
    </IconButton>
  );
}
