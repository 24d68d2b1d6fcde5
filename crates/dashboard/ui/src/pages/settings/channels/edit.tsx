// Makes a channel, or changes one. Its type stays; what is secret of it is written and never shown.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body, idempotencyKey, type Schemas, version } from "@/api/client";
import { Checkbox, Field, Input, Select, TextArea } from "@/design/field";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { FormWindow } from "../form";
import { useWords as useSettingsWords } from "../words";
import { useWords } from "./words";

type Type = Schemas["ChannelConfig"]["type"];
const TYPES: Type[] = ["webhook", "email", "slack"];

interface EditProps {
  /** The one that is changed; `null` makes one. */
  channel: Schemas["Channel"] | null;
  onClose: () => void;
}

/** The form. */
export function Edit({ channel, onClose }: EditProps) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const { say } = useToast();
  const client = useQueryClient();
  const before = channel?.config;
  const signed = before?.type === "webhook" && before.signed;
  const [key] = useState(idempotencyKey);
  const [name, setName] = useState(channel?.name ?? "");
  const [type, setType] = useState<Type>(before?.type ?? "webhook");
  const [url, setUrl] = useState(before?.type === "webhook" ? before.url : "");
  const [to, setTo] = useState(before?.type === "email" ? before.to.join("\n") : "");
  const [secret, setSecret] = useState("");
  const [unsigned, setUnsigned] = useState(false);
  /** What is secret and not written is left out: of a channel that there is, it stays. */
  const config = (): Schemas["ChannelConfig"] => {
    switch (type) {
      case "webhook":
        return {
          type,
          url,
          ...(unsigned ? { secret: null } : secret !== "" && { secret }),
        };
      case "email":
        return { type, to: to.split(/[\s,;]+/).filter((one) => one !== "") };
      case "slack":
        return { type, ...(url !== "" && { url }) };
    }
  };
  const send = async () => {
    if (channel) {
      await body(
        api.PATCH("/api/v1/channels/{channel_id}", {
          params: {
            path: { channel_id: channel.id },
            header: { "If-Match": version(channel) },
          },
          body: { name, config: config() } as never,
        }),
      );
    } else {
      await body(
        api.POST("/api/v1/channels", {
          params: { header: { "Idempotency-Key": key } },
          body: { name, config: config() },
        }),
      );
    }
    say(s("saved"));
    void client.invalidateQueries({ queryKey: ["channels"] });
    onClose();
  };
  return (
    <FormWindow
      title={channel ? t("editTitle", { name: channel.name }) : t("add")}
      action={channel ? c("action.save") : c("action.create")}
      fields={["/name", "/config/type", "/config/url", "/config/to", "/config/secret"]}
      onClose={onClose}
      send={send}
    >
      {(at) => (
        <>
          <Field label={t("col.name")} hint={t("nameHint")} required error={at("/name")}>
            <Input
              autoComplete="off"
              value={name}
              onChange={({ target }) => setName(target.value)}
            />
          </Field>
          <Field label={t("col.type")} required error={at("/config/type")}>
            <Select
              value={type}
              disabled={channel !== null}
              onChange={({ target }) => setType(target.value as Type)}
            >
              {TYPES.map((one) => (
                <option key={one} value={one}>
                  {t(`type.${one}`)}
                </option>
              ))}
            </Select>
          </Field>
          {type === "email" && (
            <Field label={t("to")} hint={t("toHint")} required error={at("/config/to")}>
              <TextArea value={to} onChange={({ target }) => setTo(target.value)} />
            </Field>
          )}
          {type === "webhook" && (
            <>
              <Field label={t("url")} required error={at("/config/url")}>
                <Input
                  type="url"
                  inputMode="url"
                  placeholder="https://"
                  value={url}
                  onChange={({ target }) => setUrl(target.value)}
                />
              </Field>
              <Field
                label={t("secret")}
                hint={signed ? t("secretStays") : t("secretHint")}
                error={at("/config/secret")}
              >
                <Input
                  type="password"
                  autoComplete="off"
                  placeholder="whsec_"
                  disabled={unsigned}
                  value={secret}
                  onChange={({ target }) => setSecret(target.value)}
                />
              </Field>
              {signed && <Checkbox checked={unsigned} onChange={setUnsigned} label={t("unsign")} />}
            </>
          )}
          {type === "slack" && (
            <Field
              label={t("url")}
              hint={channel ? t("urlStays") : t("slackHint")}
              required={channel === null}
              error={at("/config/url")}
            >
              <Input
                type="password"
                autoComplete="off"
                placeholder="https://hooks.slack.com/services/…"
                value={url}
                onChange={({ target }) => setUrl(target.value)}
              />
            </Field>
          )}
        </>
      )}
    </FormWindow>
  );
}
