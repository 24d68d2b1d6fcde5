// What the pages of webhooks show alike: how one is, and its secret.

import type { Schemas } from "@/api/client";
import { Badge } from "@/design/status";
import { ToldOnce } from "@/forms/told-once";
import { useWords } from "./words";

/** Whether events are sent, and taken. */
export function WebhookStatus({ webhook }: { webhook: Schemas["Webhook"] }) {
  const t = useWords();
  if (!webhook.enabled) {
    return webhook.disabled_reason ? (
      <Badge tone="bad">{t("status.disabled")}</Badge>
    ) : (
      <Badge tone="wait">{t("status.paused")}</Badge>
    );
  }
  if (webhook.failures > 0) return <Badge tone="bad">{t("status.failing")}</Badge>;
  return <Badge tone="good">{t("status.active")}</Badge>;
}

/** The secret, which is told once. */
export function WebhookSecret({ secret, onClose }: { secret: string | null; onClose: () => void }) {
  const t = useWords();
  return (
    <ToldOnce
      title={t("secret.title")}
      hint={t("secret.hint")}
      gone={t("secret.gone")}
      text={secret}
      onClose={onClose}
    />
  );
}
