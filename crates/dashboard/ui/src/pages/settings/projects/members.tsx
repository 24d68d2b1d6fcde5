// The members of a project: who they are, their role there, and who joins.

import { useQueryClient } from "@tanstack/react-query";
import { UserPlus, UsersRound } from "lucide-react";
import { useState } from "react";
import { api, body, done, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { Field, Select } from "@/design/field";
import { Table, Td, Th } from "@/design/layout";
import { Empty } from "@/design/state";
import { Badge } from "@/design/status";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { FormWindow } from "../form";
import { Listed } from "../listed";
import { useWords as useSettingsWords } from "../words";
import { PAGE } from "./queries";
import { useWords } from "./words";

type Member = Schemas["Member"];
const ROLES: Schemas["MemberRole"][] = ["member", "viewer"];

function useChanged() {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: ["members"] });
    void client.invalidateQueries({ queryKey: ["me"] });
  };
}

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
        {(items) => <Rows project={project} items={items} />}
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

function Rows({ project, items }: { project: Schemas["Project"]; items: Member[] }) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const { say, fail } = useToast();
  const changed = useChanged();
  const path = (member: Member) => ({ project_id: project.id, user_id: member.user_id });
  const setRole = async (member: Member, role: Schemas["MemberRole"]) => {
    try {
      await body(
        api.PUT("/api/v1/projects/{project_id}/members/{user_id}", {
          params: { path: path(member) },
          body: { role },
        }),
      );
      say(s("saved"));
    } catch (error) {
      fail(error);
    }
    changed();
  };
  const remove = async (member: Member) => {
    await done(
      api.DELETE("/api/v1/projects/{project_id}/members/{user_id}", {
        params: { path: path(member) },
      }),
    );
    say(t("said.removed"));
    changed();
  };
  return (
    <Table
      label={t("members")}
      head={
        <>
          <Th>{t("col.name")}</Th>
          <Th>{t("col.email")}</Th>
          <Th>{t("col.role")}</Th>
          <Th>{t("col.since")}</Th>
          <Th>
            <span className="sr-only">{s("actions")}</span>
          </Th>
        </>
      }
    >
      {items.map((member) => (
        <tr key={member.user_id}>
          <Td className="font-medium whitespace-nowrap">
            {member.name || member.email}
            {!member.active && (
              <Badge tone="bad" className="ml-2">
                {t("inactive")}
              </Badge>
            )}
          </Td>
          <Td>{member.email}</Td>
          <Td>
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
          </Td>
          <Td>
            <Ago at={member.created_at} />
          </Td>
          <Td className="text-right">
            <Confirm
              trigger={
                <Button small look="danger">
                  {t("remove")}
                </Button>
              }
              title={t("removeAsk", { name: member.name || member.email })}
              action={t("remove")}
              onConfirm={() => remove(member)}
            >
              {t("removeHint")}
            </Confirm>
          </Td>
        </tr>
      ))}
    </Table>
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
  const { say } = useToast();
  const changed = useChanged();
  const [userId, setUserId] = useState("");
  const [role, setRole] = useState<Schemas["MemberRole"]>("member");
  const [missing, setMissing] = useState(false);
  const users = usePages(["users", "list"], (cursor) =>
    body(api.GET("/api/v1/users", { params: { query: { limit: PAGE, cursor } } })),
  );
  const send = async () => {
    setMissing(userId === "");
    if (userId === "") return;
    await body(
      api.PUT("/api/v1/projects/{project_id}/members/{user_id}", {
        params: { path: { project_id: project.id, user_id: userId } },
        body: { role },
      }),
    );
    say(t("said.added"));
    changed();
    onClose();
  };
  const free = users.items.filter(({ id, active }) => active && !taken.includes(id));
  return (
    <FormWindow
      title={t("addMember")}
      description={t("addHint")}
      action={c("action.add")}
      fields={["/role"]}
      onClose={onClose}
      send={send}
    >
      {(at) => (
        <>
          <Field
            label={t("person")}
            required
            error={missing ? c("required") : users.error?.message}
          >
            <Select value={userId} onChange={({ target }) => setUserId(target.value)}>
              <option value="" />
              {free.map((user) => (
                <option key={user.id} value={user.id}>
                  {user.name ? `${user.name} (${user.email})` : user.email}
                </option>
              ))}
            </Select>
          </Field>
          {users.hasMore && (
            <Button small className="self-start" busy={users.isFetching} onClick={users.more}>
              {t("morePeople")}
            </Button>
          )}
          <Field label={t("col.role")} required error={at("/role")}>
            <Select
              value={role}
              onChange={({ target }) => setRole(target.value as Schemas["MemberRole"])}
            >
              {ROLES.map((one) => (
                <option key={one} value={one}>
                  {c(`role.${one}`)}
                </option>
              ))}
            </Select>
          </Field>
        </>
      )}
    </FormWindow>
  );
}
