// What is shown to whoever is not signed in: set-up, sign-in, an invitation, a new password.

import { type ReactNode, useEffect, useState } from "react";
import { api, body, type Problem, type Schemas } from "@/api/client";
import { useEntered } from "@/app/session";
import { Button } from "@/design/button";
import { Field, Input } from "@/design/field";
import { useNow } from "@/design/time";
import { check, useSending } from "@/forms/form";
import { took } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import type { EntryLink } from "./link";
import { useWords } from "./words";

type FieldName = "email" | "name" | "password";
type Values = Record<FieldName, string>;
type Enter = (values: Values, token: string) => Promise<Schemas["SignedIn"]>;

/** What each way in asks for, and whom it asks. */
const WAYS: Record<EntryLink["kind"] | "signIn", { fields: FieldName[]; enter: Enter }> = {
  signIn: {
    fields: ["email", "password"],
    enter: ({ email, password }) =>
      body(api.POST("/api/v1/auth/login", { body: { email, password, cookie: true } })),
  },
  setup: {
    fields: ["email", "name", "password"],
    enter: (values, token) =>
      body(api.POST("/api/v1/auth/setup", { body: { ...values, token, cookie: true } })),
  },
  invite: {
    fields: ["name", "password"],
    enter: ({ name, password }, token) =>
      body(api.POST("/api/v1/auth/accept", { body: { token, name, password, cookie: true } })),
  },
  reset: {
    fields: ["password"],
    enter: ({ password }, token) =>
      body(api.POST("/api/v1/auth/reset", { body: { token, password, cookie: true } })),
  },
};

interface EntranceProps {
  link: EntryLink | null;
  /** Who is signed in in this browser already. */
  user: Schemas["User"] | null;
  /** Whether their session ended without them. */
  ended: boolean;
  onLeaveLink: () => void;
}

/** The page. */
export default function Entrance({ link, user, ended, onLeaveLink }: EntranceProps) {
  const t = useWords();
  const kind = link?.kind ?? "signIn";
  useEffect(() => {
    const before = document.title;
    document.title = `${t(`${kind}.title`)} · Gathering`;
    return () => {
      document.title = before;
    };
  }, [t, kind]);
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center justify-center gap-2.5 text-lg font-semibold tracking-tight">
          <img src="/mark.svg" alt="" width={30} height={30} />
          Gathering
        </div>
        <Form key={kind} kind={kind} token={link?.token ?? ""} onEntered={onLeaveLink}>
          {user && (
            <div role="status" className="mt-1 flex flex-col gap-1 text-sm text-soft">
              <p>{t(ended ? "signIn.ended" : "present", { email: user.email })}</p>
              {ended && <p>{t("signIn.other")}</p>}
            </div>
          )}
        </Form>
        {link && (
          <p className="mt-4 text-center">
            <Button look="quiet" onClick={onLeaveLink}>
              {user ? t("present.stay") : t("toSignIn")}
            </Button>
          </p>
        )}
      </div>
    </main>
  );
}

const COMPLETES: Record<FieldName, string> = {
  email: "username",
  name: "name",
  password: "current-password",
};
const TYPES: Record<FieldName, string> = { email: "email", name: "text", password: "password" };
const FAULTS = ["invalid_email", "invalid_name", "too_short", "too_long", "too_common"] as const;

interface FormProps {
  kind: keyof typeof WAYS;
  token: string;
  onEntered: () => void;
  children: ReactNode;
}

function Form({ kind, token, onEntered, children }: FormProps) {
  const t = useWords();
  const c = useVocabulary();
  const entered = useEntered();
  const { fields, enter } = WAYS[kind];
  /** Whether the password is a new one. */
  const fresh = kind !== "signIn";
  const [values, setValues] = useState<Values>({ email: "", name: "", password: "" });
  const send = async () => {
    check(
      Object.fromEntries(
        fields.map((field) => [`/${field}`, values[field] === "" && c("required")]),
      ),
    );
    await enter(values, token);
    await entered();
    onEntered();
  };
  const pointers = fields.map((field) => `/${field}`);
  const { busy, problem, failure, form } = useSending(pointers, send);
  const fault = (field: FieldName) => {
    const found = problem?.at(`/${field}`);
    const known = FAULTS.find((code) => code === found?.code);
    return known ? t(`fault.${known}`) : found?.message;
  };
  return (
    <form {...form} className="rounded-lg border border-line bg-card p-6 shadow-float">
      <h1 className="text-lg font-semibold">{t(`${kind}.title`)}</h1>
      {fresh && <p className="mt-1 text-sm text-soft">{t(`${kind}.lead`)}</p>}
      {children}
      <div className="mt-5 flex flex-col gap-4">
        {fields.map((field, place) => (
          <Field
            key={field}
            label={t(`field.${field}`)}
            required
            hint={field === "password" && fresh ? t("field.passwordHint") : undefined}
            error={fault(field)}
          >
            <Input
              name={field}
              type={TYPES[field]}
              autoComplete={field === "password" && fresh ? "new-password" : COMPLETES[field]}
              autoFocus={place === 0}
              value={values[field]}
              onChange={({ target }) => setValues({ ...values, [field]: target.value })}
            />
          </Field>
        ))}
        {failure && (problem ? <Refusal problem={problem} otherwise={failure} /> : failure)}
        <Button type="submit" look="primary" busy={busy} className="h-9.5">
          {t(`${kind}.submit`)}
        </Button>
      </div>
    </form>
  );
}

const REFUSALS = [
  "wrong_credentials",
  "too_many_requests",
  "setup_done",
  "wrong_setup_link",
  "wrong_invitation",
  "wrong_password_link",
] as const;

/** Why nobody was let in, and from when on they may try again. */
function Refusal({ problem, otherwise }: { problem: Problem; otherwise: ReactNode }) {
  const t = useWords();
  const c = useVocabulary();
  const now = useNow();
  const [since] = useState(() => Date.now());
  const code = REFUSALS.find((one) => one === problem.code);
  if (code === undefined) return otherwise;
  const wait = (problem.retryAfter ?? 0) * 1000;
  const left = Math.min(wait, since + wait - now);
  return (
    <div className="rounded-md bg-bad-wash px-3 py-2 text-sm text-bad">
      <p role="alert">
        {t(`refused.${code}`)}{" "}
        {left > 0 && <span className="sr-only">{t("later", { wait: took(wait) })}</span>}
        {wait > 0 && left <= 0 && t("later.now")}
      </p>
      {left > 0 && (
        // Not read aloud each second.
        <p aria-hidden className="mt-1 tabular-nums">
          {t("later", { wait: took(left) })}
        </p>
      )}
      {problem.requestId && code !== "wrong_credentials" && (
        <p className="mt-1 font-mono text-2xs text-soft">
          {c("error.request", { id: problem.requestId })}
        </p>
      )}
    </div>
  );
}
