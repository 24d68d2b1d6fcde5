// Makes a provider, or changes one.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, body, idempotencyKey, type Schemas, version } from "@/api/client";
import { parseJson, writeJson } from "@/api/exact";
import { mergePatch } from "@/api/merge-patch";
import { ChoiceField, LinesField, TextField } from "@/forms/fields";
import { check, FormWindow } from "@/forms/form";
import { useVocabulary } from "@/i18n/vocabulary";
import { useAfter } from "../after";
import type { Edited } from "../collection";
import { useSecrets } from "../secrets/queries";
import { useWords as useSettingsWords } from "../words";
import { kindName } from "./kinds";
import { useWords } from "./words";

/** The kind that asks nobody, and so has no address. */
const SCRIPTED = "scripted";

/** The JSON object that a text is; `null` for another text. */
function objectOf(text: string): Record<string, unknown> | null {
  if (text.trim() === "") return {};
  try {
    const value: unknown = parseJson(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** The form. */
export function Edit({ item: provider, onClose, newest }: Edited<Schemas["Provider"]>) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const after = useAfter();
  const kinds = useQuery({
    queryKey: ["provider-kinds"],
    queryFn: () => body(api.GET("/api/v1/provider-kinds")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const secrets = useSecrets();
  const [key] = useState(idempotencyKey);
  const [name, setName] = useState(provider?.name ?? "");
  const [kind, setKind] = useState(provider?.kind ?? "");
  const [address, setAddress] = useState(provider?.base_url ?? "");
  const [secret, setSecret] = useState(provider?.key_secret ?? "");
  const [model, setModel] = useState(provider?.default_model ?? "");
  const [options, setOptions] = useState(() =>
    provider && Object.keys(provider.options).length > 0 ? writeJson(provider.options, 2) : "",
  );
  const known = kinds.data?.items ?? [];
  const chosen = known.find((one) => one.kind === kind);
  const addressed = chosen !== undefined && !chosen.base_url && kind !== SCRIPTED;
  const send = async () => {
    const more = objectOf(options);
    check({
      "/name": name === "" && c("required"),
      "/kind": kind === "" && c("required"),
      "/base_url": addressed && address.trim() === "" && c("required"),
      "/key_secret": chosen?.needs_key === true && secret === "" && c("required"),
      "/options": more === null && t("optionsBad"),
    });
    const spec = {
      kind,
      base_url: address.trim() || null,
      key_secret: secret || null,
      default_model: model.trim() || null,
    };
    if (provider) {
      const before = {
        kind: provider.kind,
        base_url: provider.base_url,
        key_secret: provider.key_secret,
        default_model: provider.default_model,
        options: provider.options,
      };
      await body(
        api.PATCH("/api/v1/providers/{name}", {
          params: { path: { name: provider.name }, header: { "If-Match": version(provider) } },
          body: mergePatch(before, { ...spec, options: more }) as never,
        }),
      );
    } else {
      await body(
        api.POST("/api/v1/providers", {
          params: { header: { "Idempotency-Key": key } },
          body: { name, ...spec, options: more as never },
        }),
      );
    }
    // A secret without hosts is bound to the host of the first provider that takes it.
    void after(s("saved"), "providers", "secrets");
    onClose();
  };
  const names = new Set(secrets.items.map((one) => one.name));
  if (secret !== "") names.add(secret);
  return (
    <FormWindow
      title={provider ? t("editTitle", { name: provider.name }) : t("add")}
      action={provider ? c("action.save") : c("action.create")}
      fields={["/name", "/kind", "/base_url", "/key_secret", "/default_model", "/options"]}
      onClose={onClose}
      newest={newest}
      send={send}
    >
      <TextField
        label={t("col.name")}
        hint={t("nameHint")}
        required
        at="/name"
        value={name}
        disabled={provider !== null}
        onChange={setName}
      />
      <ChoiceField
        label={t("col.kind")}
        hint={t("kindHint")}
        required
        at="/kind"
        error={kinds.error?.message}
        value={kind}
        onChange={setKind}
        choices={known
          .map(({ kind }) => kind)
          .sort((a, b) => kindName(a, t).localeCompare(kindName(b, t)))}
        say={(one) => kindName(one, t)}
      />
      <TextField
        label={t("col.address")}
        hint={chosen?.base_url ? t("addressHint") : undefined}
        required={addressed}
        at="/base_url"
        type="url"
        placeholder={chosen?.base_url ?? "https://"}
        value={address}
        onChange={setAddress}
      />
      <ChoiceField
        label={t("col.key")}
        hint={
          <>
            {t("keyHint")}{" "}
            <Link to="/settings/secrets" className="text-accent underline">
              {t("keyLink")}
            </Link>
          </>
        }
        required={chosen?.needs_key === true}
        at="/key_secret"
        value={secret}
        onChange={setSecret}
        choices={["", ...names]}
        say={(one) => one || t("noKey")}
      />
      <TextField
        label={t("col.model")}
        hint={t("modelHint")}
        at="/default_model"
        value={model}
        onChange={setModel}
      />
      <LinesField
        code
        label={t("options")}
        hint={t("optionsHint")}
        at="/options"
        value={options}
        onChange={setOptions}
      />
    </FormWindow>
  );
}
