// The form of a new hook.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, idempotencyKey, Problem, type Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { Checkbox, Field, Input, Select, TextArea } from "@/design/field";
import { Failure } from "@/design/state";
import { useVocabulary } from "@/i18n/vocabulary";
import type { NewPath } from "./hook-path";
import { lines, NO_START, StartsFields, startsOf } from "./starts-fields";
import { useWords } from "./words";

const VERIFICATIONS = ["none", "standard_webhooks", "github", "hmac_sha256"] as const;

interface Rules {
  verification: (typeof VERIFICATIONS)[number];
  secret: string;
  header: string;
  prefix: string;
  deliveryId: string;
  headers: string;
  wait: boolean;
  atMost: string;
}

const NO_RULES: Rules = {
  verification: "none",
  secret: "",
  header: "x-signature",
  prefix: "",
  deliveryId: "",
  headers: "",
  wait: false,
  atMost: "10s",
};

function verificationOf(rules: Rules): Schemas["HookVerificationBody"] {
  const { verification: type, secret, header, prefix } = rules;
  switch (type) {
    case "none":
      return { type };
    case "hmac_sha256":
      return { type, secret, header, prefix };
    default:
      return { type, secret };
  }
}

interface NewHookProps {
  onClose: () => void;
  onMade: (path: NewPath) => void;
}

/** The window with the form. */
export function NewHook({ onClose, onMade }: NewHookProps) {
  const t = useWords();
  const c = useVocabulary();
  const client = useQueryClient();
  const [key] = useState(idempotencyKey);
  const [name, setName] = useState("");
  const [starts, setStarts] = useState(NO_START);
  const [rules, setRules] = useState(NO_RULES);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const members = startsOf(starts);
  const errorOf = (pointer: string) =>
    error instanceof Problem ? error.at(pointer)?.message : undefined;
  const create = async () => {
    if (members === null) return;
    setBusy(true);
    setError(null);
    try {
      const made = await body(
        api.POST("/api/v1/hooks", {
          params: { header: { "Idempotency-Key": key } },
          body: {
            name: name.trim(),
            verification: verificationOf(rules),
            headers: lines(rules.headers),
            answer: rules.wait ? { type: "wait", at_most: rules.atMost } : { type: "accepted" },
            ...(rules.deliveryId.trim() && { delivery_id: rules.deliveryId.trim() }),
            ...members,
          },
        }),
      );
      await client.invalidateQueries({ queryKey: ["hooks"] });
      onMade({ id: made.id, path: made.path ?? null });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("new.hook")}
      foot={
        <>
          <Button onClick={onClose}>{c("action.cancel")}</Button>
          <Button
            look="primary"
            busy={busy}
            disabled={members === null}
            onClick={() => void create()}
          >
            {c("action.create")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Field label={t("form.name")} required error={errorOf("/name")}>
          <Input value={name} onChange={({ target }) => setName(target.value)} />
        </Field>
        <StartsFields draft={starts} onChange={setStarts} errorOf={errorOf} about="request" />
        <RuleFields
          rules={rules}
          set={(next) => setRules((before) => ({ ...before, ...next }))}
          errorOf={errorOf}
        />
        {error !== null && <Failure error={error} />}
      </div>
    </Dialog>
  );
}

interface RuleFieldsProps {
  rules: Rules;
  set: (next: Partial<Rules>) => void;
  errorOf: (pointer: string) => string | undefined;
}

/** Which requests are believed, how they are told apart, and what they are answered. */
function RuleFields({ rules, set, errorOf }: RuleFieldsProps) {
  const t = useWords();
  return (
    <>
      <Field label={t("form.verification")} required error={errorOf("/verification/type")}>
        <Select
          value={rules.verification}
          onChange={({ target }) =>
            set({ verification: VERIFICATIONS.find((one) => one === target.value) ?? "none" })
          }
        >
          {VERIFICATIONS.map((one) => (
            <option key={one} value={one}>
              {t(`verification.${one}`)}
            </option>
          ))}
        </Select>
      </Field>
      {rules.verification === "hmac_sha256" && (
        <>
          <Field label={t("form.header")} required error={errorOf("/verification/header")}>
            <Input value={rules.header} onChange={({ target }) => set({ header: target.value })} />
          </Field>
          <Field label={t("form.prefix")} error={errorOf("/verification/prefix")}>
            <Input
              value={rules.prefix}
              placeholder="sha256="
              onChange={({ target }) => set({ prefix: target.value })}
            />
          </Field>
        </>
      )}
      {rules.verification !== "none" && (
        <Field
          label={t("form.secret")}
          hint={t("form.secretHint")}
          required
          error={errorOf("/verification/secret")}
        >
          <Input
            type="password"
            autoComplete="off"
            value={rules.secret}
            onChange={({ target }) => set({ secret: target.value })}
          />
        </Field>
      )}
      <Field
        label={t("form.deliveryId")}
        hint={t("form.deliveryIdHint", { example: "request.body.id" })}
        error={errorOf("/delivery_id")}
      >
        <Input
          className="font-mono text-sm"
          spellCheck={false}
          value={rules.deliveryId}
          onChange={({ target }) => set({ deliveryId: target.value })}
        />
      </Field>
      <Field label={t("form.headers")} hint={t("form.headersHint")} error={errorOf("/headers")}>
        <TextArea
          rows={2}
          className="font-mono text-sm"
          spellCheck={false}
          value={rules.headers}
          onChange={({ target }) => set({ headers: target.value })}
        />
      </Field>
      <Checkbox checked={rules.wait} onChange={(wait) => set({ wait })} label={t("form.wait")} />
      {rules.wait && (
        <Field
          label={t("form.atMost")}
          hint={t("form.atMostHint")}
          required
          error={errorOf("/answer")}
        >
          <Input value={rules.atMost} onChange={({ target }) => set({ atMost: target.value })} />
        </Field>
      )}
    </>
  );
}
