// Sessions as a table: where they were opened, when they were used, and what ends one.

import type { ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { Table, Td, Th } from "@/design/layout";
import { Badge } from "@/design/status";
import { Ago } from "@/design/time";
import { useWords as useSettingsWords } from "../words";
import { useWords } from "./words";

interface SessionTableProps {
  label: string;
  sessions: Schemas["PageView_Session"]["items"];
  onEnd: (id: string) => Promise<unknown>;
}

/** The table. */
export function SessionTable({ label, sessions, onEnd }: SessionTableProps): ReactNode {
  const t = useWords();
  const s = useSettingsWords();
  return (
    <Table
      label={label}
      head={
        <>
          <Th>{t("col.client")}</Th>
          <Th>{t("col.address")}</Th>
          <Th>{t("col.used")}</Th>
          <Th>{t("col.opened")}</Th>
          <Th>{t("col.expires")}</Th>
          <Th>
            <span className="sr-only">{s("actions")}</span>
          </Th>
        </>
      }
    >
      {sessions.map((session) => (
        <tr key={session.id}>
          <Td className="min-w-48">
            <span className="line-clamp-2 break-words" title={session.client ?? undefined}>
              {session.client ?? t("unknown")}
            </span>
            {session.current && <Badge tone="good">{t("current")}</Badge>}
          </Td>
          <Td className="font-mono text-xs">{session.address ?? t("unknown")}</Td>
          <Td>
            <Ago at={session.used_at} />
          </Td>
          <Td>
            <Ago at={session.created_at} />
          </Td>
          <Td>
            <Ago at={session.expires_at} />
          </Td>
          <Td className="text-right">
            {!session.current && (
              <Confirm
                trigger={
                  <Button small look="danger">
                    {t("end")}
                  </Button>
                }
                title={t("endAsk")}
                action={t("end")}
                onConfirm={() => onEnd(session.id)}
              >
                {t("endHint")}
              </Confirm>
            )}
          </Td>
        </tr>
      ))}
    </Table>
  );
}
