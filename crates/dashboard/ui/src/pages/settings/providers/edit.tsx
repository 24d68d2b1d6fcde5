// Makes a provider, or changes one.

import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";
import { api, body, idempotencyKey, type Schemas, version } from "@/api/client";
import { Field, Input, Select, TextArea } from "@/design/field";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { FormWindow } from "../form";
import { useSecrets } from "../secrets/queries";
import { useWords as useSettingsWords } from "../words";
import { patchOf } from "./patch";
import { useWords } from "./words";

/** Kinds to propose. Which ones there are is the server's to say, and it does when it is given another. */
const PROPOSED = [
  "anthropic",
  "openai",
  "google",
  "deepseek",
  "mistral",
  "groq",
  "together",
  "openrouter",
  "ollama",
  "vllm",
  "llama_cpp",
  "openai_compatible",
];

interface EditProps {
  /** The one that is changed; `null` makes one. */
  provider: Schemas["Provider"] | null;
  onClose: () => void;
}

/** The form. */
export function Edit({ provider, onClose }: EditProps) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const { say } = useToast();
  const client = useQueryClient();
  const kinds = useId();
  const secrets = useSecrets();
  const [key] = useState(idempotencyKey);
  const [name, setName] = useState(provider?.name ?? "");
  const [kind, setKind] = useState(provider?.kind ?? "");
  const [address, setAddress] = useState(provider?.base_url ?? "");
  const [secret, setSecret] = useState(provider?.key_secret ?? "");
  const [model, setModel] = useState(provider?.default_model ?? "");
  const [options, setOptions] = useState(() =>
    provider && Object.keys(provider.options).length > 0
      ? JSON.stringify(provider.options, null, 2)
      : "",
  );
  const [badJson, setBadJson] = useState(false);
  const read = (): Record<string, unknown> | null => {
    if (options.trim() === "") return {};
    try {
      const value: unknown = JSON.parse(options);
      return typeof value === "object" && value !== null && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : null;
    } catch {
      return null;
    }
  };
  const send = async () => {
    const more = read();
    setBadJson(more === null);
    if (more === null) return;
    const spec = {
      kind,
      base_url: address.trim() || null,
      key_secret: secret || null,
      default_model: model.trim() || null,
    };
    if (provider) {
      const patch = { ...spec, options: patchOf(provider.options, more) };
      await body(
        api.PATCH("/api/v1/providers/{name}", {
          params: { path: { name: provider.name }, header: { "If-Match": version(provider) } },
          body: patch as never,
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
    say(s("saved"));
    void client.invalidateQueries({ queryKey: ["providers"] });
    // A secret without hosts is bound to the host of the first provider that takes it.
    void client.invalidateQueries({ queryKey: ["secrets"] });
    onClose();
  };
  const names = secrets.items.map((one) => one.name);
  return (
    <FormWindow
      title={provider ? t("editTitle", { name: provider.name }) : t("add")}
      action={provider ? c("action.save") : c("action.create")}
      fields={["/name", "/kind", "/base_url", "/key_secret", "/default_model", "/options"]}
      onClose={onClose}
      send={send}
    >
      {(at) => (
        <>
          <Field label={t("col.name")} hint={t("nameHint")} required error={at("/name")}>
            <Input
              autoComplete="off"
              value={name}
              disabled={provider !== null}
              onChange={({ target }) => setName(target.value)}
            />
          </Field>
          <Field label={t("col.kind")} hint={t("kindHint")} required error={at("/kind")}>
            <Input
              list={kinds}
              autoComplete="off"
              value={kind}
              onChange={({ target }) => setKind(target.value)}
            />
          </Field>
          <datalist id={kinds}>
            {PROPOSED.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
          <Field label={t("col.address")} hint={t("addressHint")} error={at("/base_url")}>
            <Input
              type="url"
              inputMode="url"
              value={address}
              placeholder="https://"
              onChange={({ target }) => setAddress(target.value)}
            />
          </Field>
          <Field
            label={t("col.key")}
            hint={
              <>
                {t("keyHint")}{" "}
                <Link to="/settings/secrets" className="text-accent underline">
                  {t("keyLink")}
                </Link>
              </>
            }
            error={at("/key_secret")}
          >
            <Select value={secret} onChange={({ target }) => setSecret(target.value)}>
              <option value="">{t("noKey")}</option>
              {secret !== "" && !names.includes(secret) && <option value={secret}>{secret}</option>}
              {names.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={t("col.model")} hint={t("modelHint")} error={at("/default_model")}>
            <Input
              autoComplete="off"
              value={model}
              onChange={({ target }) => setModel(target.value)}
            />
          </Field>
          <Field
            label={t("options")}
            hint={t("optionsHint")}
            error={badJson ? t("optionsBad") : at("/options")}
          >
            <TextArea
              className="font-mono text-xs"
              spellCheck={false}
              value={options}
              onChange={({ target }) => setOptions(target.value)}
            />
          </Field>
        </>
      )}
    </FormWindow>
  );
}
