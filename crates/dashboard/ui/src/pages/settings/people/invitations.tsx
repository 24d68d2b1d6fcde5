// Links that can still be used: invitations, and those by which people set a new password.

import { Mail } from "lucide-react";
import { api, body, done } from "@/api/client";
import { usePages } from "@/api/pages";
import { Listed } from "@/design/listed";
import { Rows } from "@/design/rows";
import { Empty } from "@/design/state";
import { Ago } from "@/design/time";
import { useVocabulary } from "@/i18n/vocabulary";
import { useAfter } from "../after";
import { Ask } from "../ask";
import { useProjectName } from "../projects/queries";
import { useWords } from "./words";

const PAGE = 100;

/** The list. */
export function Invitations() {
  const t = useWords();
  const c = useVocabulary();
  const after = useAfter();
  const projectName = useProjectName();
  const list = usePages(["invitations", "list"], (cursor) =>
    body(api.GET("/api/v1/invitations", { params: { query: { limit: PAGE, cursor } } })),
  );
  const takeBack = async (invitation_id: string) => {
    const path = { invitation_id };
    await done(api.DELETE("/api/v1/invitations/{invitation_id}", { params: { path } }));
    void after(t("said.takenBack"), "invitations");
  };
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
      {(items) => (
        <Rows
          label={t("open")}
          items={items}
          id={({ id }) => id}
          columns={[
            { name: t("col.email"), cell: ({ email }) => email },
            {
              name: t("col.for"),
              cell: ({ user_id, role }) => (user_id ? t("for.password") : c(`role.${role}`)),
            },
            {
              name: t("col.projects"),
              cell: ({ projects }) =>
                projects
                  .map((one) => `${projectName(one.project_id)} (${c(`role.${one.role}`)})`)
                  .join(", ") || "–",
            },
            { name: t("col.expires"), cell: ({ expires_at }) => <Ago at={expires_at} /> },
          ]}
          actions={({ id, email }) => (
            <Ask
              label={t("takeBack")}
              title={t("takeBackAsk", { email })}
              hint={t("takeBackHint")}
              onConfirm={() => takeBack(id)}
            />
          )}
        />
      )}
    </Listed>
  );
}
