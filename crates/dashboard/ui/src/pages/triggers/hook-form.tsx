// The form of a hook, of one that is changed or of a new one.

import { useState } from "react";
import { api, body, idempotencyKey, type Schemas, version } from "@/api/client";
import { Checkbox, Field, Input, Select, TextArea } from "@/design/field";
import { useVocabulary } from "@/i18n/vocabulary";
import { FilterField } from "../startables/filter-field";
import { FormWindow } from "../startables/form-window";
import { useBase, useSaving } from "../startables/saving";
import { STARTS, startFaults } from "../startables/start";
import { StartFields } from "../startables/start-fields";
import { useWords as useSharedWords } from "../startables/words";
import {
  type HookDraft,
  hookDocument,
  hookDraft,
  hookPatch,
  keepsSecret,
  VERIFICATIONS,
} from "./hook-document";
import { useWords } from "./words";

interface HookFormProps {
  /** The one that is changed; none for a new one. */
  hook: Schemas["Hook"] | null;
  onClose: () => void;
  /** Is given the path of a new one; nothing, if it was told before. */
  onSaved: (id: string, path: string | null) => void;
}

/** The window with the form. */
export function HookForm({ hook, onClose, onSaved }: HookFormProps) {
  const [base, onNewest] = useBase(hook);
  return (
    <Fields
      key={base?.version ?? 0}
      hook={base}
      onClose={onClose}
      onSaved={onSaved}
      onNewest={onNewest}
    />
  );
}

function Fields({ hook, onClose, onSaved, onNewest }: HookFormProps & { onNewest: () => void }) {
  const t = useWords();
  const s = useSharedWords();
  const c = useVocabulary();
  const saving = useSaving("hooks");
  const [key] = useState(idempotencyKey);
  const [draft, setDraft] = useState(() => hookDraft(hook));
  const set = (next: Partial<HookDraft>) => setDraft((before) => ({ ...before, ...next }));
  const { errorOf } = saving;
  const save = () => {
    const { verification, secret } = draft;
    const faults = {
      "/name": draft.name.trim() === "" && c("required"),
      "/verification/secret":
        verification !== "none" && secret === "" && !keepsSecret(draft, hook) && c("required"),
      ...startFaults(draft, STARTS, { required: c("required"), json: c("error.json") }),
    };
    void saving.save(faults, async () => {
      if (hook) {
        await body(
          api.PATCH("/api/v1/hooks/{hook_id}", {
            params: { path: { hook_id: hook.id }, header: { "If-Match": version(hook) } },
            body: hookPatch(hook, draft) as Record<string, never>,
          }),
        );
        return onSaved(hook.id, null);
      }
      const made = await body(
        api.POST("/api/v1/hooks", {
          params: { header: { "Idempotency-Key": key } },
          body: hookDocument(draft),
        }),
      );
      onSaved(made.id, made.path ?? null);
    });
  };
  return (
    <FormWindow
      title={hook ? t("edit", { name: hook.name }) : t("new.hook")}
      action={hook ? c("action.save") : c("action.create")}
      saving={saving}
      onSave={save}
      onClose={onClose}
      onNewest={onNewest}
    >
      <Field label={s("form.name")} required error={errorOf("/name")}>
        <Input value={draft.name} onChange={({ target }) => set({ name: target.value })} />
      </Field>
      <Believed draft={draft} set={set} errorOf={errorOf} kept={keepsSecret(draft, hook)} />
      <FilterField
        about="request"
        example="request.body.action == 'opened'"
        value={draft.filter}
        onChange={(filter) => set({ filter })}
        error={errorOf("/filter")}
      />
      <StartFields
        kinds={["pipeline", "agent"]}
        draft={draft}
        set={set}
        places={STARTS}
        errorOf={errorOf}
        example="{{ request.body }}"
        without={t("form.withoutRequest")}
      />
      <Field
        label={t("form.deliveryId")}
        hint={t("form.deliveryIdHint", { example: "request.body.id" })}
        error={errorOf("/delivery_id")}
      >
        <Input
          className="font-mono text-sm"
          spellCheck={false}
          value={draft.deliveryId}
          onChange={({ target }) => set({ deliveryId: target.value })}
        />
      </Field>
      <Field label={t("form.headers")} hint={t("form.headersHint")} error={errorOf("/headers")}>
        <TextArea
          rows={2}
          className="font-mono text-sm"
          spellCheck={false}
          value={draft.headers}
          onChange={({ target }) => set({ headers: target.value })}
        />
      </Field>
      <Checkbox checked={draft.wait} onChange={(wait) => set({ wait })} label={t("form.wait")} />
      {draft.wait && (
        <Field
          label={t("form.atMost")}
          hint={t("form.atMostHint")}
          required
          error={errorOf("/answer")}
        >
          <Input value={draft.atMost} onChange={({ target }) => set({ atMost: target.value })} />
        </Field>
      )}
    </FormWindow>
  );
}

interface BelievedProps {
  draft: HookDraft;
  set: (next: Partial<HookDraft>) => void;
  errorOf: (pointer: string) => string | undefined;
  /** Whether the stored secret stays if none is written. */
  kept: boolean;
}

/** Which requests are believed. */
function Believed({ draft, set, errorOf, kept }: BelievedProps) {
  const t = useWords();
  return (
    <>
      <Field
        label={t("form.verification")}
        hint={t(`verification.${draft.verification}.hint`)}
        required
        error={errorOf("/verification/type")}
      >
        <Select
          value={draft.verification}
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
      {draft.verification === "hmac_sha256" && (
        <>
          <Field label={t("form.header")} required error={errorOf("/verification/header")}>
            <Input
              spellCheck={false}
              value={draft.header}
              onChange={({ target }) => set({ header: target.value })}
            />
          </Field>
          <Field label={t("form.prefix")} error={errorOf("/verification/prefix")}>
            <Input
              spellCheck={false}
              value={draft.prefix}
              placeholder="sha256="
              onChange={({ target }) => set({ prefix: target.value })}
            />
          </Field>
        </>
      )}
      {draft.verification !== "none" && (
        <Field
          label={t("form.secret")}
          hint={t(kept ? "form.secretKept" : "form.secretHint")}
          required={!kept}
          error={errorOf("/verification/secret")}
        >
          <Input
            type="password"
            autoComplete="new-password"
            value={draft.secret}
            onChange={({ target }) => set({ secret: target.value })}
          />
        </Field>
      )}
    </>
  );
}
