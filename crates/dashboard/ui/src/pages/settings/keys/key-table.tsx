// API keys as a table: what each may do, until when, and what revokes it.

import { useQueryClient } from "@tanstack/react-query";
import { api, done, type Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { Table, Td, Th } from "@/design/layout";
import { Badge } from "@/design/status";
import { Ago, useNow } from "@/design/time";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { useProjectName } from "../projects/queries";
import { useWords as useSettingsWords } from "../words";
import { useWords } from "./words";

/** The table. */
export function KeyTable({ label, keys }: { label: string; keys: Schemas["ApiKey"][] }) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const { say } = useToast();
  const client = useQueryClient();
  const projectName = useProjectName();
  const now = useNow();
  const revoke = async (key_id: string) => {
    await done(api.DELETE("/api/v1/api-keys/{key_id}", { params: { path: { key_id } } }));
    say(t("said.revoked"));
    void client.invalidateQueries({ queryKey: ["api-keys"] });
  };
  return (
    <Table
      label={label}
      head={
        <>
          <Th>{t("col.name")}</Th>
          <Th>{t("col.scopes")}</Th>
          <Th>{t("col.project")}</Th>
          <Th>{t("col.used")}</Th>
          <Th>{t("col.expires")}</Th>
          <Th>
            <span className="sr-only">{s("actions")}</span>
          </Th>
        </>
      }
    >
      {keys.map((key) => (
        <tr key={key.id}>
          <Td>
            <span className="block font-medium whitespace-nowrap">{key.name}</span>
            <code className="font-mono text-xs text-soft">{key.hint}…</code>
          </Td>
          <Td className="min-w-48 text-soft">
            {key.scopes.map((scope) => t(`scope.${scope}`)).join(", ")}
          </Td>
          <Td className="whitespace-nowrap">{projectName(key.project_id)}</Td>
          <Td>{key.used_at ? <Ago at={key.used_at} /> : c("never")}</Td>
          <Td>
            {key.expires_at ? (
              new Date(key.expires_at).getTime() <= now ? (
                <Badge>{t("expired")}</Badge>
              ) : (
                <Ago at={key.expires_at} />
              )
            ) : (
              c("never")
            )}
          </Td>
          <Td className="text-right">
            <Confirm
              trigger={
                <Button small look="danger">
                  {t("revoke")}
                </Button>
              }
              title={t("revokeAsk", { name: key.name })}
              action={t("revoke")}
              onConfirm={() => revoke(key.id)}
            >
              {t("revokeHint")}
            </Confirm>
          </Td>
        </tr>
      ))}
    </Table>
  );
}
