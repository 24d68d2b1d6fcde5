// One person, as an owner sees them: name, role, whether they may sign in, their sessions and keys.

import { KeyRound, MonitorSmartphone } from "lucide-react";
import { useState } from "react";
import { api, body, done, type Schemas, version } from "@/api/client";
import { usePages } from "@/api/pages";
import { useSession } from "@/app/session";
import { Sheet } from "@/design/dialog";
import { Card } from "@/design/layout";
import { Empty } from "@/design/state";
import { AsOpened } from "@/forms/as-opened";
import { ChoiceField, TextField } from "@/forms/fields";
import { Form } from "@/forms/form";
import { ToldOnce, wholeLink } from "@/forms/told-once";
import { useVocabulary } from "@/i18n/vocabulary";
import { SessionTable } from "../account/session-table";
import { useAfter } from "../after";
import { Ask } from "../ask";
import { KeyTable } from "../keys/key-table";
import { Listed } from "../listed";
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
  const after = useAfter();
  const { user: self } = useSession();
  return (text: string | null, id: string) =>
    after(text, "users", "sessions", "invitations", ...(id === self.id ? ["me"] : []));
}

/** The person, at the side of the page. */
export function Person({ user, onClose }: PersonProps) {
  const t = useWords();
  return (
    <Sheet open onClose={onClose} title={user.name || user.email}>
      <div className="flex flex-col gap-5">
        <Card title={t("person.title")}>
          <AsOpened newest={user}>
            {(opened, load, take) => <Edit user={opened} onLoad={load} onSaved={take} />}
          </AsOpened>
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

interface EditProps {
  user: Schemas["User"];
  onLoad: () => void;
  onSaved: (user: Schemas["User"]) => void;
}

function Edit({ user, onLoad, onSaved }: EditProps) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const changed = useChanged();
  const [name, setName] = useState(user.name);
  const [role, setRole] = useState(user.role);
  const send = async () => {
    const saved = await body(
      api.PATCH("/api/v1/users/{user_id}", {
        params: { path: { user_id: user.id }, header: { "If-Match": version(user) } },
        body: { ...(name !== user.name && { name }), ...(role !== user.role && { role }) },
      }),
    );
    onSaved(saved);
    await changed(s("saved"), user.id);
  };
  return (
    <Form
      fields={["/name", "/role"]}
      action={c("action.save")}
      send={send}
      newest={{ read: () => changed(null, user.id), load: onLoad }}
    >
      <TextField label={t("col.name")} required at="/name" value={name} onChange={setName} />
      <ChoiceField
        label={t("col.role")}
        hint={t("roleHint")}
        required
        at="/role"
        value={role}
        onChange={setRole}
        choices={ROLES}
        say={(one) => c(`role.${one}`)}
      />
    </Form>
  );
}

function Entry({ user }: { user: Schemas["User"] }) {
  const t = useWords();
  const changed = useChanged();
  const name = user.name || user.email;
  const [link, setLink] = useState<string | null>(null);
  const setActive = async (active: boolean) => {
    await body(
      api.PATCH("/api/v1/users/{user_id}", {
        params: { path: { user_id: user.id }, header: { "If-Match": version(user) } },
        body: { active },
      }),
    );
    await changed(active ? t("said.letIn") : t("said.deactivated"), user.id);
  };
  const makeLink = async () => {
    const path = { user_id: user.id };
    const made = await body(
      api.POST("/api/v1/users/{user_id}/password-link", { params: { path } }),
    );
    setLink(wholeLink(made.url));
    void changed(null, user.id);
  };
  return (
    <div className="flex flex-wrap gap-2">
      {user.active ? (
        <>
          <Ask
            small={false}
            danger={false}
            label={t("link.make")}
            title={t("link.ask", { name })}
            hint={t("link.askHint")}
            onConfirm={makeLink}
          />
          <Ask
            small={false}
            label={t("deactivate")}
            title={t("deactivateAsk", { name })}
            hint={t("deactivateHint")}
            onConfirm={() => setActive(false)}
            onStale={() => changed(null, user.id)}
          />
        </>
      ) : (
        <Ask
          small={false}
          danger={false}
          label={t("letIn")}
          title={t("letInAsk", { name })}
          hint={t("letInHint")}
          onConfirm={() => setActive(true)}
          onStale={() => changed(null, user.id)}
        />
      )}
      {link !== null && (
        <ToldOnce
          title={t("link.title")}
          hint={t("link.hint")}
          text={link}
          onClose={() => setLink(null)}
        />
      )}
    </div>
  );
}

function SessionsOf({ user }: { user: Schemas["User"] }) {
  const t = useWords();
  const after = useAfter();
  const list = usePages(["sessions", "of", user.id], (cursor) =>
    body(
      api.GET("/api/v1/users/{user_id}/sessions", {
        params: { path: { user_id: user.id }, query: { limit: PAGE, cursor } },
      }),
    ),
  );
  const end = async (session_id: string) => {
    const path = { user_id: user.id, session_id };
    await done(api.DELETE("/api/v1/users/{user_id}/sessions/{session_id}", { params: { path } }));
    void after(t("said.sessionEnded"), "sessions");
  };
  const endAll = async () => {
    const path = { user_id: user.id };
    await done(api.DELETE("/api/v1/users/{user_id}/sessions", { params: { path } }));
    void after(t("said.sessionsEnded"), "sessions");
  };
  return (
    <Listed
      list={list}
      title={t("sessions")}
      actions={
        list.items.length > 0 && (
          <Ask
            label={t("endAll")}
            title={t("endAllAsk", { name: user.name || user.email })}
            hint={t("endAllHint")}
            onConfirm={endAll}
          />
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
