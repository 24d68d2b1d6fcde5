// Who may sign in, and who is invited.

import { UserPlus, UsersRound } from "lucide-react";
import { useState } from "react";
import { api, body, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";
import { useOpening } from "@/app/opening";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Page } from "@/design/layout";
import { Listed } from "@/design/listed";
import { Rows } from "@/design/rows";
import { Empty } from "@/design/state";
import { Badge } from "@/design/status";
import { Ago } from "@/design/time";
import { useVocabulary } from "@/i18n/vocabulary";
import { Invitations } from "./invitations";
import { Invite } from "./invite";
import { Person } from "./person";
import { useWords } from "./words";

const PAGE = 100;

/** The page. */
export default function People() {
  const t = useWords();
  const { may } = useSession();
  const [inviting, setInviting] = useOpening("new", may("user_write"));
  const [shown, setShown] = useState<string | null>(null);
  const list = usePages(["users", "list"], (cursor) =>
    body(api.GET("/api/v1/users", { params: { query: { limit: PAGE, cursor } } })),
  );
  const person = list.items.find(({ id }) => id === shown);
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        may("user_write") && (
          <Button look="primary" icon={<UserPlus />} onClick={() => setInviting(true)}>
            {t("invite")}
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-5">
        <Listed
          list={list}
          title={t("users")}
          empty={<Empty icon={<UsersRound />} title={t("noUsers")} />}
        >
          {(users) => <Users users={users} onShow={setShown} />}
        </Listed>
        {may("user_write") && <Invitations />}
      </div>
      {inviting && <Invite onClose={() => setInviting(false)} />}
      {person && <Person user={person} onClose={() => setShown(null)} />}
    </Page>
  );
}

interface UsersProps {
  users: Schemas["User"][];
  onShow: (id: string) => void;
}

function Users({ users, onShow }: UsersProps) {
  const t = useWords();
  const c = useVocabulary();
  const { user: self, may } = useSession();
  return (
    <Rows
      label={t("users")}
      items={users}
      id={({ id }) => id}
      columns={[
        {
          name: t("col.name"),
          cell: ({ id, name, email, active }) => (
            <>
              {may("user_write") ? (
                <button
                  type="button"
                  onClick={() => onShow(id)}
                  className="text-left font-medium text-accent hover:underline"
                >
                  {name || email}
                </button>
              ) : (
                name || email
              )}{" "}
              {id === self.id && <span className="font-normal text-soft">{t("you")}</span>}{" "}
              {!active && <Badge tone="bad">{t("inactive")}</Badge>}
            </>
          ),
        },
        { name: t("col.email"), cell: ({ email }) => email },
        { name: t("col.role"), cell: ({ role }) => c(`role.${role}`) },
        { name: t("col.since"), cell: ({ created_at }) => <Ago at={created_at} /> },
      ]}
    />
  );
}
