// The form of a hook, of one that is changed or of a new one.

import { useState } from "react";
import { api, body, idempotencyKey, type Schemas, version } from "@/api/client";
import { Checkbox } from "@/design/field";
import { AsOpened } from "@/forms/as-opened";
import { binder, ChoiceField, CodeField, LinesField, TextField } from "@/forms/fields";
import { useVocabulary } from "@/i18n/vocabulary";
import { FormWindow } from "../startables/form-window";
import { useSaving } from "../startables/saving";
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
export function HookForm(props: HookFormProps) {
  return (
    <AsOpened newest={props.hook}>
      {(hook, load) => <Fields {...props} hook={hook} onNewest={load} />}
    </AsOpened>
  );
}

function Fields(props: HookFormProps & { onNewest: () => void }) {
  const { hook, onClose, onSaved, onNewest } = props;
  const t = useWords();
  const s = useSharedWords();
  const c = useVocabulary();
  const [key] = useState(idempotencyKey);
  const [draft, setDraft] = useState(() => hookDraft(hook));
  const set = (next: Partial<HookDraft>) => setDraft((before) => ({ ...before, ...next }));
  const kept = keepsSecret(draft, hook);
  const faults = {
    "/name": draft.name.trim() === "" && c("required"),
    "/verification/secret":
      draft.verification !== "none" && draft.secret === "" && !kept && c("required"),
    ...startFaults(draft, STARTS, { required: c("required"), json: c("error.json") }),
  };
  const saving = useSaving("hooks", faults);
  const { errorOf } = saving;
  const to = binder(draft, set, errorOf);
  const save = () => {
    void saving.save(async () => {
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
      <TextField {...to("name", "/name")} label={s("form.name")} required />
      <ChoiceField
        {...to("verification", "/verification/type")}
        label={t("form.verification")}
        hint={t(`verification.${draft.verification}.hint`)}
        choices={VERIFICATIONS}
        say={(one) => t(`verification.${one}`)}
      />
      {draft.verification === "hmac_sha256" && (
        <>
          <CodeField {...to("header", "/verification/header")} label={t("form.header")} required />
          <CodeField
            {...to("prefix", "/verification/prefix")}
            label={t("form.prefix")}
            placeholder="sha256="
          />
        </>
      )}
      {draft.verification !== "none" && (
        <TextField
          {...to("secret", "/verification/secret")}
          label={t("form.secret")}
          hint={t(kept ? "form.secretKept" : "form.secretHint")}
          required={!kept}
          type="password"
          autoComplete="new-password"
        />
      )}
      <CodeField
        {...to("filter", "/filter")}
        label={s("form.filter")}
        hint={s("form.filterRequest", { example: "request.body.action == 'opened'" })}
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
      <CodeField
        {...to("deliveryId", "/delivery_id")}
        label={t("form.deliveryId")}
        hint={t("form.deliveryIdHint", { example: "request.body.id" })}
      />
      <LinesField
        {...to("headers", "/headers")}
        label={t("form.headers")}
        hint={t("form.headersHint")}
        rows={2}
        code
      />
      <Checkbox checked={draft.wait} onChange={(wait) => set({ wait })} label={t("form.wait")} />
      {draft.wait && (
        <TextField
          {...to("atMost", "/answer")}
          label={t("form.atMost")}
          hint={t("form.atMostHint")}
          required
        />
      )}
    </FormWindow>
  );
}
