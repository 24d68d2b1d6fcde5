// Sessions as a table: where they were opened, when they were used, and what ends one.

import type { Schemas } from "@/api/client";
import { Rows } from "@/design/rows";
import { Badge } from "@/design/status";
import { Ago } from "@/design/time";
import { Ask } from "../ask";
import { browserOf } from "./browser";
import { useWords } from "./words";

interface SessionTableProps {
  label: string;
  sessions: Schemas["PageView_Session"]["items"];
  onEnd: (id: string) => Promise<unknown>;
}

/** The table. */
export function SessionTable({ label, sessions, onEnd }: SessionTableProps) {
  const t = useWords();
  return (
    <Rows
      label={label}
      items={sessions}
      id={({ id }) => id}
      columns={[
        {
          name: t("col.client"),
          cell: ({ client, current }) => (
            <span title={client ?? undefined}>
              {client ? (browserOf(client) ?? client) : t("unknown")}{" "}
              {current && <Badge tone="good">{t("current")}</Badge>}
            </span>
          ),
          className: "sm:min-w-40",
        },
        {
          name: t("col.address"),
          cell: ({ address }) => address ?? t("unknown"),
          className: "font-mono text-xs",
        },
        { name: t("col.used"), cell: ({ used_at }) => <Ago at={used_at} /> },
        { name: t("col.opened"), cell: ({ created_at }) => <Ago at={created_at} /> },
        { name: t("col.expires"), cell: ({ expires_at }) => <Ago at={expires_at} /> },
      ]}
      actions={({ id, current }) =>
        !current && (
          <Ask
            label={t("end")}
            title={t("endAsk")}
            hint={t("endHint")}
            onConfirm={() => onEnd(id)}
          />
        )
      }
    />
  );
}
