// Makes a channel, or changes one. Its type stays; what is secret of it is written and never shown.

import { useState } from "react";
import { api, body, idempotencyKey, type Schemas, version } from "@/api/client";
import { Checkbox } from "@/design/field";
import { ChoiceField, LinesField, listed, TextField } from "@/forms/fields";
import { FormWindow } from "@/forms/form";
import { useVocabulary } from "@/i18n/vocabulary";
import { useAfter } from "../after";
import type { Edited } from "../collection";
import { useWords as useSettingsWords } from "../words";
import { useWords } from "./words";

type Type = Schemas["ChannelConfig"]["type"];
const TYPES: Type[] = ["webhook", "email", "slack"];

/** The form. */
export function Edit({ item: channel, onClose, newest }: Edited<Schemas["Channel"]>) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const after = useAfter();
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
        return { type, to: listed(to) };
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
    void after(s("saved"), "channels");
    onClose();
  };
  return (
    <FormWindow
      title={channel ? t("editTitle", { name: channel.name }) : t("add")}
      action={channel ? c("action.save") : c("action.create")}
      fields={["/name", "/config/type", "/config/url", "/config/to", "/config/secret"]}
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
        onChange={setName}
      />
      <ChoiceField
        label={t("col.type")}
        required
        at="/config/type"
        value={type}
        disabled={channel !== null}
        onChange={setType}
        choices={TYPES}
        say={(one) => t(`type.${one}`)}
      />
      {type === "email" && (
        <LinesField
          code
          label={t("to")}
          hint={t("toHint")}
          required
          at="/config/to"
          value={to}
          onChange={setTo}
        />
      )}
      {type === "webhook" && (
        <>
          <TextField
            label={t("url")}
            required
            at="/config/url"
            type="url"
            placeholder="https://"
            value={url}
            onChange={setUrl}
          />
          <TextField
            label={t("secret")}
            hint={signed ? t("secretStays") : t("secretHint")}
            at="/config/secret"
            type="password"
            placeholder="whsec_"
            disabled={unsigned}
            value={secret}
            onChange={setSecret}
          />
          {signed && <Checkbox checked={unsigned} onChange={setUnsigned} label={t("unsign")} />}
        </>
      )}
      {type === "slack" && (
        <TextField
          label={t("url")}
          hint={channel ? t("urlStays") : t("slackHint")}
          required={channel === null}
          at="/config/url"
          type="password"
          placeholder="https://hooks.slack.com/services/…"
          value={url}
          onChange={setUrl}
        />
      )}
    </FormWindow>
  );
}
