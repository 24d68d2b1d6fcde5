// One's own account: name, how the pages look and speak, password.

import { useState } from "react";
import { api, body, Problem } from "@/api/client";
import { useSession } from "@/app/session";
import { setTheme, type Theme, useTheme } from "@/app/theme";
import { useShellWords } from "@/app/words";
import { Card, Fact, Facts, Page } from "@/design/layout";
import { ChoiceField, TextField } from "@/forms/fields";
import { check, Form } from "@/forms/form";
import { LANGUAGES, type Language, language, speak } from "@/i18n";
import { moment } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { useAfter } from "../after";
import { useWords as useSettingsWords } from "../words";
import { useWords } from "./words";

/** The page. */
export default function Account() {
  const t = useWords();
  const c = useVocabulary();
  const { user, me } = useSession();
  return (
    <Page title={t("title")}>
      <div className="flex flex-col gap-5">
        <Card title={t("you.title")}>
          <div className="flex flex-col gap-5">
            <Facts>
              <Fact name={t("you.email")}>{user.email}</Fact>
              <Fact name={t("you.role")}>{c(`role.${me.server_role}`)}</Fact>
              {me.project && me.role && (
                <Fact name={t("you.roleIn", { project: me.project.name })}>
                  {c(`role.${me.role}`)}
                </Fact>
              )}
              <Fact name={t("you.since")}>{moment(user.created_at)}</Fact>
            </Facts>
            <Name />
          </div>
        </Card>
        <Card title={t("look.title")}>
          <Look />
        </Card>
        <Card title={t("password.title")}>
          <p className="mb-4 text-sm text-soft">{t("password.lead")}</p>
          <Password />
        </Card>
      </div>
    </Page>
  );
}

function Name() {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const after = useAfter();
  const { user } = useSession();
  const [name, setName] = useState(user.name);
  const send = async () => {
    await body(api.PATCH("/api/v1/auth/me", { body: { name } }));
    await after(s("saved"), "me", "users");
  };
  return (
    <Form fields={["/name"]} action={c("action.save")} send={send}>
      <TextField
        label={t("you.name")}
        required
        at="/name"
        autoComplete="name"
        value={name}
        onChange={setName}
      />
    </Form>
  );
}

const THEMES: Theme[] = ["system", "light", "dark"];

function Look() {
  const f = useShellWords();
  const theme = useTheme();
  return (
    <div className="grid max-w-md gap-4 sm:grid-cols-2">
      <ChoiceField
        label={f("user.theme")}
        required
        value={theme}
        onChange={setTheme}
        choices={THEMES}
        say={(one) => f(`theme.${one}`)}
      />
      <ChoiceField
        label={f("user.language")}
        required
        value={language()}
        onChange={(next) => void speak(next)}
        choices={Object.keys(LANGUAGES) as Language[]}
        say={(one) => LANGUAGES[one]}
      />
    </div>
  );
}

function Password() {
  const t = useWords();
  const after = useAfter();
  const { user } = useSession();
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const send = async () => {
    try {
      await body(api.POST("/api/v1/auth/password", { body: { current, new: wanted } }));
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "wrong_credentials") throw error;
      check({ "/current": t("password.wrong") });
    }
    setCurrent("");
    setWanted("");
    // The session goes on under another token, and with it the one against forgery is another.
    await after(t("password.changed"), "me", "sessions");
  };
  return (
    <Form fields={["/current", "/new"]} action={t("password.change")} send={send}>
      <input
        type="text"
        name="username"
        autoComplete="username"
        value={user.email}
        readOnly
        hidden
      />
      <TextField
        label={t("password.current")}
        required
        at="/current"
        type="password"
        autoComplete="current-password"
        value={current}
        onChange={setCurrent}
      />
      <TextField
        label={t("password.new")}
        hint={t("password.hint")}
        required
        at="/new"
        type="password"
        autoComplete="new-password"
        value={wanted}
        onChange={setWanted}
      />
    </Form>
  );
}
