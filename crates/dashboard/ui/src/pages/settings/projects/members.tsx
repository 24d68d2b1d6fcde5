// The members of a project: who they are, their role there, and who joins.

import { UserPlus, UsersRound } from "lucide-react";
import { useState } from "react";
import { api, body, done, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Select } from "@/design/field";
import { Empty } from "@/design/state";
import { Badge } from "@/design/status";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { ChoiceField } from "@/forms/fields";
import { check, FormWindow } from "@/forms/form";
import { useVocabulary } from "@/i18n/vocabulary";
import { useAfter } from "../after";
import { Ask } from "../ask";
import { Listed } from "../listed";
import { Rows } from "../rows";
import { useWords as useSettingsWords } from "../words";
import { PAGE } from "./queries";
import { useWords } from "./words";

type Member = Schemas["Member"];
const ROLES: Schemas["MemberRole"][] = ["member", "viewer"];

/** The list. */
export function Members({ project }: { project: Schemas["Project"] }) {
  const t = useWords();
  const { may } = useSession();
  const [adding, setAdding] = useState(false);
  const list = usePages(["members", project.id], (cursor) =>
    body(
      api.GET("/api/v1/projects/{project_id}/members", {
        params: { path: { project_id: project.id }, query: { limit: PAGE, cursor } },
      }),
    ),
  );
  return (
    <>
      <Listed
        list={list}
        title={t("members")}
        actions={
          may("user_read") && (
            <Button small icon={<UserPlus />} onClick={() => setAdding(true)}>
              {t("addMember")}
            </Button>
          )
        }
        empty={
          <Empty icon={<UsersRound />} title={t("noMembers")}>
            {t("noMembersHint")}
          </Empty>
        }
      >
        {(items) => <MemberRows project={project} items={items} />}
      </Listed>
      {adding && (
        <Add
          project={project}
          taken={list.items.map(({ user_id }) => user_id)}
          onClose={() => setAdding(false)}
        />
      )}
    </>
  );
}

function MemberRows({ project, items }: { project: Schemas["Project"]; items: Member[] }) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const { fail } = useToast();
  const after = useAfter();
  const path = (member: Member) => ({ project_id: project.id, user_id: member.user_id });
  const setRole = async (member: Member, role: Schemas["MemberRole"]) => {
    try {
      await body(
        api.PUT("/api/v1/projects/{project_id}/members/{user_id}", {
          params: { path: path(member) },
          body: { role },
        }),
      );
      void after(s("saved"), "members", "me");
    } catch (error) {
      fail(error);
      void after(null, "members");
    }
  };
  const remove = async (member: Member) => {
    await done(
      api.DELETE("/api/v1/projects/{project_id}/members/{user_id}", {
        params: { path: path(member) },
      }),
    );
    void after(t("said.removed"), "members", "me");
  };
  return (
    <Rows
      label={t("members")}
      items={items}
      id={({ user_id }) => user_id}
      columns={[
        {
          name: t("col.name"),
          cell: ({ name, email, active }) => (
            <>
              {name || email} {!active && <Badge tone="bad">{t("inactive")}</Badge>}
            </>
          ),
        },
        { name: t("col.email"), cell: ({ email }) => email },
        {
          name: t("col.role"),
          cell: (member) => (
            <Select
              aria-label={t("roleOf", { name: member.name || member.email })}
              className="w-32"
              value={member.role}
              onChange={({ target }) => void setRole(member, target.value as Schemas["MemberRole"])}
            >
              {ROLES.map((one) => (
                <option key={one} value={one}>
                  {c(`role.${one}`)}
                </option>
              ))}
            </Select>
          ),
        },
        { name: t("col.since"), cell: ({ created_at }) => <Ago at={created_at} /> },
      ]}
      actions={(member) => (
        <Ask
          label={t("remove")}
          title={t("removeAsk", { name: member.name || member.email })}
          hint={t("removeHint")}
          onConfirm={() => remove(member)}
        />
      )}
    />
  );
}

interface AddProps {
  project: Schemas["Project"];
  taken: string[];
  onClose: () => void;
}

function Add({ project, taken, onClose }: AddProps) {
  const t = useWords();
  const c = useVocabulary();
  const after = useAfter();
  const [userId, setUserId] = useState("");
  const [role, setRole] = useState<Schemas["MemberRole"]>("member");
  const users = usePages(["users", "list"], (cursor) =>
    body(api.GET("/api/v1/users", { params: { query: { limit: PAGE, cursor } } })),
  );
  const send = async () => {
    check({ "/user": userId === "" && c("required") });
    await body(
      api.PUT("/api/v1/projects/{project_id}/members/{user_id}", {
        params: { path: { project_id: project.id, user_id: userId } },
        body: { role },
      }),
    );
    void after(t("said.added"), "members", "me");
    onClose();
  };
  const free = users.items.filter(({ id, active }) => active && !taken.includes(id));
  const called = (userId: string) => {
    const { name = "", email = "" } = free.find(({ id }) => id === userId) ?? {};
    return name ? `${name} (${email})` : email;
  };
  return (
    <FormWindow
      title={t("addMember")}
      description={t("addHint")}
      action={c("action.add")}
      fields={["/user", "/role"]}
      onClose={onClose}
      send={send}
    >
      <ChoiceField
        label={t("person")}
        required
        at="/user"
        error={users.error?.message}
        value={userId}
        onChange={setUserId}
        choices={["", ...free.map(({ id }) => id)]}
        say={called}
      />
      {users.hasMore && (
        <Button small className="self-start" busy={users.isFetching} onClick={users.more}>
          {t("morePeople")}
        </Button>
      )}
      <ChoiceField
        label={t("col.role")}
        required
        at="/role"
        value={role}
        onChange={setRole}
        choices={ROLES}
        say={(one) => c(`role.${one}`)}
      />
    </FormWindow>
  );
}
