// One's own account: name, how the pages look and speak, password.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, Problem } from "@/api/client";
import { useSession } from "@/app/session";
import { setTheme, type Theme, useTheme } from "@/app/theme";
import { Field, Input, Select } from "@/design/field";
import { Card, Fact, Facts, Page } from "@/design/layout";
import { useToast } from "@/design/toast";
import { LANGUAGES, type Language, language, speak } from "@/i18n";
import { moment } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { Form } from "../form";
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
            <Name key={user.version} />
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
  const client = useQueryClient();
  const { say } = useToast();
  const { user } = useSession();
  const [name, setName] = useState(user.name);
  const send = async () => {
    await body(api.PATCH("/api/v1/auth/me", { body: { name } }));
    say(s("saved"));
    await client.invalidateQueries({ queryKey: ["me"] });
    void client.invalidateQueries({ queryKey: ["users"] });
  };
  return (
    <Form fields={["/name"]} action={c("action.save")} send={send}>
      {(at) => (
        <Field label={t("you.name")} required error={at("/name")}>
          <Input
            autoComplete="name"
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
        </Field>
      )}
    </Form>
  );
}

const THEMES: Theme[] = ["system", "light", "dark"];

function Look() {
  const t = useWords();
  const theme = useTheme();
  return (
    <div className="grid max-w-md gap-4 sm:grid-cols-2">
      <Field label={t("look.theme")} required>
        <Select
          value={theme}
          onChange={({ target }) =>
            setTheme(THEMES.find((one) => one === target.value) ?? "system")
          }
        >
          {THEMES.map((one) => (
            <option key={one} value={one}>
              {t(`theme.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t("look.language")} required>
        <Select value={language()} onChange={({ target }) => void speak(target.value as Language)}>
          {Object.entries(LANGUAGES).map(([one, name]) => (
            <option key={one} value={one} lang={one}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
    </div>
  );
}

function Password() {
  const t = useWords();
  const client = useQueryClient();
  const { say } = useToast();
  const { user } = useSession();
  const [current, setCurrent] = useState("");
  const [wanted, setWanted] = useState("");
  const [wrong, setWrong] = useState(false);
  const send = async () => {
    setWrong(false);
    try {
      await body(api.POST("/api/v1/auth/password", { body: { current, new: wanted } }));
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "wrong_credentials") throw error;
      setWrong(true);
      return;
    }
    setCurrent("");
    setWanted("");
    // The session goes on under another token, and with it the one against forgery is another.
    await client.invalidateQueries({ queryKey: ["me"] });
    void client.invalidateQueries({ queryKey: ["sessions"] });
    say(t("password.changed"));
  };
  return (
    <Form fields={["/current", "/new"]} action={t("password.change")} send={send}>
      {(at) => (
        <>
          <input
            type="text"
            name="username"
            autoComplete="username"
            value={user.email}
            readOnly
            hidden
          />
          <Field
            label={t("password.current")}
            required
            error={wrong ? t("password.wrong") : at("/current")}
          >
            <Input
              type="password"
              autoComplete="current-password"
              value={current}
              onChange={({ target }) => setCurrent(target.value)}
            />
          </Field>
          <Field label={t("password.new")} hint={t("password.hint")} required error={at("/new")}>
            <Input
              type="password"
              autoComplete="new-password"
              value={wanted}
              onChange={({ target }) => setWanted(target.value)}
            />
          </Field>
        </>
      )}
    </Form>
  );
}
