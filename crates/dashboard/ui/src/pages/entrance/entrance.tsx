// What is shown to whoever is not signed in: set-up, sign-in, an invitation, a new password.

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { api, body, Problem, type Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Field, Input } from "@/design/field";
import { Failure } from "@/design/state";
import { useWords } from "./words";

/** What a link carries behind its `#`: one-time tokens, which are sent to no server by themselves. */
type Link = { kind: "setup" | "invite" | "reset"; token: string };

function linkOf(hash: string): Link | null {
  const [kind, token] = hash.replace(/^#/, "").split("=", 2);
  if (!token || (kind !== "setup" && kind !== "invite" && kind !== "reset")) return null;
  return { kind, token };
}

/** The page. */
export default function Entrance() {
  const t = useWords();
  // The token goes from the address at once, so that it stays in no history.
  const [link, setLink] = useState(() => linkOf(location.hash));
  useEffect(() => {
    const clear = () => {
      const found = linkOf(location.hash);
      if (found === null) return;
      setLink(found);
      history.replaceState(history.state, "", location.pathname + location.search);
    };
    clear();
    addEventListener("hashchange", clear);
    return () => removeEventListener("hashchange", clear);
  }, []);
  useEffect(() => {
    document.title = "Gathering";
  }, []);
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center justify-center gap-2.5 text-lg font-semibold tracking-tight">
          <img src="/mark.svg" alt="" width={30} height={30} />
          Gathering
        </div>
        {link?.kind === "setup" && (
          <Form
            title={t("setup.title")}
            lead={t("setup.lead")}
            submit={t("setup.submit")}
            fields={["email", "name", "password"]}
            fresh
            send={({ email, name, password }) =>
              body(
                api.POST("/api/v1/auth/setup", {
                  body: { token: link.token, email, name, password, cookie: true },
                }),
              )
            }
          />
        )}
        {link?.kind === "invite" && (
          <Form
            title={t("accept.title")}
            lead={t("accept.lead")}
            submit={t("accept.submit")}
            fields={["name", "password"]}
            fresh
            send={({ name, password }) =>
              body(
                api.POST("/api/v1/auth/accept", {
                  body: { token: link.token, name, password, cookie: true },
                }),
              )
            }
          />
        )}
        {link?.kind === "reset" && (
          <Form
            title={t("reset.title")}
            lead={t("reset.lead")}
            submit={t("reset.submit")}
            fields={["password"]}
            fresh
            send={({ password }) =>
              body(
                api.POST("/api/v1/auth/reset", {
                  body: { token: link.token, password, cookie: true },
                }),
              )
            }
          />
        )}
        {link !== null && (
          <Button look="quiet" className="mt-4 w-full" onClick={() => setLink(null)}>
            {t("signIn.instead")}
          </Button>
        )}
        {link === null && (
          <Form
            title={t("signIn.title")}
            submit={t("signIn.submit")}
            fields={["email", "password"]}
            send={({ email, password }) =>
              body(api.POST("/api/v1/auth/login", { body: { email, password, cookie: true } }))
            }
          />
        )}
      </div>
    </main>
  );
}

type FieldName = "email" | "name" | "password";
type Values = Record<FieldName, string>;

interface FormProps {
  title: string;
  lead?: ReactNode;
  submit: string;
  fields: FieldName[];
  /** Whether the password is a new one. */
  fresh?: boolean;
  send: (values: Values) => Promise<Schemas["SignedIn"]>;
}

const COMPLETES: Record<FieldName, string> = {
  email: "username",
  name: "name",
  password: "current-password",
};
const TYPES: Record<FieldName, string> = { email: "email", name: "text", password: "password" };

function Form({ title, lead, submit, fields, fresh = false, send }: FormProps) {
  const t = useWords();
  const client = useQueryClient();
  const [values, setValues] = useState<Values>({ email: "", name: "", password: "" });
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const problem = error instanceof Problem ? error : null;
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await send(values);
      await client.invalidateQueries({ queryKey: ["me"] });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const general = error !== null && !fields.some((field) => problem?.at(`/${field}`));
  return (
    <form
      onSubmit={(event) => void onSubmit(event)}
      noValidate
      className="rounded-lg border border-line bg-card p-6 shadow-float"
    >
      <h1 className="text-lg font-semibold">{title}</h1>
      {lead && <p className="mt-1 text-sm text-soft">{lead}</p>}
      <div className="mt-5 flex flex-col gap-4">
        {fields.map((field, place) => (
          <Field
            key={field}
            label={t(`field.${field}`)}
            required
            hint={field === "password" && fresh ? t("field.passwordHint") : undefined}
            error={problem?.at(`/${field}`)?.message}
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
        {general && problem?.code === "wrong_credentials" && (
          <p role="alert" className="rounded-md bg-bad-wash px-3 py-2 text-sm text-bad">
            {t("signIn.failed")}{" "}
            {problem.retryAfter !== null && t("later", { seconds: problem.retryAfter })}
          </p>
        )}
        {general && problem?.code !== "wrong_credentials" && <Failure error={error} />}
        <Button type="submit" look="primary" busy={busy} className="h-9.5">
          {submit}
        </Button>
      </div>
    </form>
  );
}
