// One person, as an owner sees them: name, role, whether they may sign in, their sessions and keys.

import { useQueryClient } from "@tanstack/react-query";
import { KeyRound, MonitorSmartphone } from "lucide-react";
import { useState } from "react";
import { api, body, done, type Schemas, version } from "@/api/client";
import { usePages } from "@/api/pages";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Confirm, Sheet } from "@/design/dialog";
import { Field, Input, Select } from "@/design/field";
import { Card } from "@/design/layout";
import { Empty } from "@/design/state";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { SessionTable } from "../account/session-table";
import { Form } from "../form";
import { KeyTable } from "../keys/key-table";
import { Listed } from "../listed";
import { Once, wholeLink } from "../once";
import { useWords as useSettingsWords } from "../words";
import { useWords } from "./words";

const PAGE = 50;
/** The roles, from the most rights to the fewest. */
export const ROLES: Schemas["Role"][] = ["owner", "operator", "member", "viewer"];

interface PersonProps {
  user: Schemas["User"];
  onClose: () => void;
}

function useChanged() {
  const client = useQueryClient();
  const { user: self } = useSession();
  return async (id: string) => {
    await client.invalidateQueries({ queryKey: ["users"] });
    void client.invalidateQueries({ queryKey: ["sessions"] });
    void client.invalidateQueries({ queryKey: ["invitations"] });
    if (id === self.id) void client.invalidateQueries({ queryKey: ["me"] });
  };
}

/** The person, at the side of the page. */
export function Person({ user, onClose }: PersonProps) {
  const t = useWords();
  return (
    <Sheet open onClose={onClose} title={user.name || user.email}>
      <div className="flex flex-col gap-5">
        <Card title={t("person.title")}>
          <Edit key={user.version} user={user} />
        </Card>
        <Card title={t("person.entry")}>
          <Entry user={user} />
        </Card>
        <SessionsOf user={user} />
        <KeysOf user={user} />
      </div>
    </Sheet>
  );
}

function Edit({ user }: { user: Schemas["User"] }) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const { say } = useToast();
  const changed = useChanged();
  const [name, setName] = useState(user.name);
  const [role, setRole] = useState(user.role);
  const send = async () => {
    await body(
      api.PATCH("/api/v1/users/{user_id}", {
        params: { path: { user_id: user.id }, header: { "If-Match": version(user) } },
        body: { ...(name !== user.name && { name }), ...(role !== user.role && { role }) },
      }),
    );
    say(s("saved"));
    await changed(user.id);
  };
  return (
    <Form fields={["/name", "/role"]} action={c("action.save")} send={send}>
      {(at) => (
        <>
          <Field label={t("col.name")} required error={at("/name")}>
            <Input value={name} onChange={({ target }) => setName(target.value)} />
          </Field>
          <Field label={t("col.role")} hint={t("roleHint")} required error={at("/role")}>
            <Select
              value={role}
              onChange={({ target }) => setRole(target.value as Schemas["Role"])}
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
    </Form>
  );
}

function Entry({ user }: { user: Schemas["User"] }) {
  const t = useWords();
  const { say } = useToast();
  const changed = useChanged();
  const [link, setLink] = useState<string | null>(null);
  const setActive = async (active: boolean) => {
    await body(
      api.PATCH("/api/v1/users/{user_id}", {
        params: { path: { user_id: user.id }, header: { "If-Match": version(user) } },
        body: { active },
      }),
    );
    say(active ? t("said.letIn") : t("said.deactivated"));
    await changed(user.id);
  };
  const makeLink = async () => {
    const path = { user_id: user.id };
    const made = await body(
      api.POST("/api/v1/users/{user_id}/password-link", { params: { path } }),
    );
    setLink(wholeLink(made.url));
    void changed(user.id);
  };
  return (
    <div className="flex flex-wrap gap-2">
      {user.active && (
        <Confirm
          trigger={<Button>{t("link.make")}</Button>}
          title={t("link.ask", { name: user.name || user.email })}
          action={t("link.make")}
          danger={false}
          onConfirm={makeLink}
        >
          {t("link.askHint")}
        </Confirm>
      )}
      {user.active ? (
        <Confirm
          trigger={<Button look="danger">{t("deactivate")}</Button>}
          title={t("deactivateAsk", { name: user.name || user.email })}
          action={t("deactivate")}
          onConfirm={() => setActive(false)}
        >
          {t("deactivateHint")}
        </Confirm>
      ) : (
        <Confirm
          trigger={<Button>{t("letIn")}</Button>}
          title={t("letInAsk", { name: user.name || user.email })}
          action={t("letIn")}
          danger={false}
          onConfirm={() => setActive(true)}
        >
          {t("letInHint")}
        </Confirm>
      )}
      {link !== null && (
        <Once
          title={t("link.title")}
          hint={t("link.hint")}
          value={link}
          onClose={() => setLink(null)}
        />
      )}
    </div>
  );
}

function SessionsOf({ user }: { user: Schemas["User"] }) {
  const t = useWords();
  const { say } = useToast();
  const client = useQueryClient();
  const list = usePages(["sessions", "of", user.id], (cursor) =>
    body(
      api.GET("/api/v1/users/{user_id}/sessions", {
        params: { path: { user_id: user.id }, query: { limit: PAGE, cursor } },
      }),
    ),
  );
  const refresh = () => void client.invalidateQueries({ queryKey: ["sessions"] });
  const end = async (session_id: string) => {
    const path = { user_id: user.id, session_id };
    await done(api.DELETE("/api/v1/users/{user_id}/sessions/{session_id}", { params: { path } }));
    say(t("said.sessionEnded"));
    refresh();
  };
  const endAll = async () => {
    const path = { user_id: user.id };
    await done(api.DELETE("/api/v1/users/{user_id}/sessions", { params: { path } }));
    say(t("said.sessionsEnded"));
    refresh();
  };
  return (
    <Listed
      list={list}
      title={t("sessions")}
      actions={
        list.items.length > 0 && (
          <Confirm
            trigger={
              <Button small look="danger">
                {t("endAll")}
              </Button>
            }
            title={t("endAllAsk", { name: user.name || user.email })}
            action={t("endAll")}
            onConfirm={endAll}
          >
            {t("endAllHint")}
          </Confirm>
        )
      }
      empty={<Empty icon={<MonitorSmartphone />} title={t("noSessions")} />}
    >
      {(sessions) => <SessionTable label={t("sessions")} sessions={sessions} onEnd={end} />}
    </Listed>
  );
}

function KeysOf({ user }: { user: Schemas["User"] }) {
  const t = useWords();
  const list = usePages(["api-keys", "of", user.id], (cursor) =>
    body(
      api.GET("/api/v1/users/{user_id}/api-keys", {
        params: { path: { user_id: user.id }, query: { limit: PAGE, cursor } },
      }),
    ),
  );
  return (
    <Listed list={list} title={t("keys")} empty={<Empty icon={<KeyRound />} title={t("noKeys")} />}>
      {(keys) => <KeyTable label={t("keys")} keys={keys} />}
    </Listed>
  );
}
