// API keys as a table: what each may do, until when, and what revokes it.

import { api, done, type Schemas } from "@/api/client";
import { Rows } from "@/design/rows";
import { Badge } from "@/design/status";
import { Ago, useNow } from "@/design/time";
import { useVocabulary } from "@/i18n/vocabulary";
import { useAfter } from "../after";
import { Ask } from "../ask";
import { useProjectName } from "../projects/queries";
import { useWords } from "./words";

/** The table. */
export function KeyTable({ label, keys }: { label: string; keys: Schemas["ApiKey"][] }) {
  const t = useWords();
  const c = useVocabulary();
  const after = useAfter();
  const projectName = useProjectName();
  const revoke = async (key_id: string) => {
    await done(api.DELETE("/api/v1/api-keys/{key_id}", { params: { path: { key_id } } }));
    void after(t("said.revoked"), "api-keys");
  };
  return (
    <Rows
      label={label}
      items={keys}
      id={({ id }) => id}
      columns={[
        {
          name: t("col.name"),
          cell: ({ name, hint }) => (
            <>
              <span className="block">{name}</span>
              <code className="font-mono text-xs font-normal text-soft">{hint}…</code>
            </>
          ),
        },
        {
          name: t("col.scopes"),
          cell: ({ scopes }) => scopes.map((scope) => t(`scope.${scope}`)).join(", "),
          className: "sm:min-w-48 text-soft",
        },
        { name: t("col.project"), cell: ({ project_id }) => projectName(project_id) },
        {
          name: t("col.used"),
          cell: ({ used_at }) => (used_at ? <Ago at={used_at} /> : c("never")),
        },
        {
          name: t("col.expires"),
          cell: ({ expires_at }) => (expires_at ? <Expiry at={expires_at} /> : c("never")),
        },
      ]}
      actions={({ id, name }) => (
        <Ask
          label={t("revoke")}
          title={t("revokeAsk", { name })}
          hint={t("revokeHint")}
          onConfirm={() => revoke(id)}
        />
      )}
    />
  );
}

function Expiry({ at }: { at: string }) {
  const t = useWords();
  const past = new Date(at).getTime() <= useNow();
  return past ? <Badge>{t("expired")}</Badge> : <Ago at={at} />;
}
