// Links that can still be used: invitations, and those by which people set a new password.

import { useQueryClient } from "@tanstack/react-query";
import { Mail } from "lucide-react";
import { api, body, done, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { Table, Td, Th } from "@/design/layout";
import { Empty } from "@/design/state";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { Listed } from "../listed";
import { useProjectName } from "../projects/queries";
import { useWords as useSettingsWords } from "../words";
import { useWords } from "./words";

const PAGE = 100;

/** The list. */
export function Invitations() {
  const t = useWords();
  const list = usePages(["invitations", "list"], (cursor) =>
    body(api.GET("/api/v1/invitations", { params: { query: { limit: PAGE, cursor } } })),
  );
  return (
    <Listed
      list={list}
      title={t("open")}
      empty={
        <Empty icon={<Mail />} title={t("noOpen")}>
          {t("noOpenHint")}
        </Empty>
      }
    >
      {(items) => <Rows items={items} />}
    </Listed>
  );
}

function Rows({ items }: { items: Schemas["Invitation"][] }) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const { say } = useToast();
  const client = useQueryClient();
  const projectName = useProjectName();
  const takeBack = async (invitation_id: string) => {
    const path = { invitation_id };
    await done(api.DELETE("/api/v1/invitations/{invitation_id}", { params: { path } }));
    say(t("said.takenBack"));
    void client.invalidateQueries({ queryKey: ["invitations"] });
  };
  return (
    <Table
      label={t("open")}
      head={
        <>
          <Th>{t("col.email")}</Th>
          <Th>{t("col.for")}</Th>
          <Th>{t("col.projects")}</Th>
          <Th>{t("col.expires")}</Th>
          <Th>
            <span className="sr-only">{s("actions")}</span>
          </Th>
        </>
      }
    >
      {items.map((one) => (
        <tr key={one.id}>
          <Td>{one.email}</Td>
          <Td className="whitespace-nowrap">
            {one.user_id ? t("for.password") : c(`role.${one.role}`)}
          </Td>
          <Td>
            {one.projects
              .map(({ project_id, role }) => `${projectName(project_id)} (${c(`role.${role}`)})`)
              .join(", ") || "–"}
          </Td>
          <Td>
            <Ago at={one.expires_at} />
          </Td>
          <Td className="text-right">
            <Confirm
              trigger={
                <Button small look="danger">
                  {t("takeBack")}
                </Button>
              }
              title={t("takeBackAsk", { email: one.email })}
              action={t("takeBack")}
              onConfirm={() => takeBack(one.id)}
            >
              {t("takeBackHint")}
            </Confirm>
          </Td>
        </tr>
      ))}
    </Table>
  );
}
