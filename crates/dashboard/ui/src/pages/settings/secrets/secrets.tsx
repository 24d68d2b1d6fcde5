// The secrets of the project: their names, and where they may be sent.

import { Lock } from "lucide-react";
import { useState } from "react";
import { api, body, done, type Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Ago } from "@/design/time";
import { LinesField, listed, TextField } from "@/forms/fields";
import { check, FormWindow } from "@/forms/form";
import { useVocabulary } from "@/i18n/vocabulary";
import { useAfter } from "../after";
import { Ask } from "../ask";
import { Collection, type Edited } from "../collection";
import { useWords as useSettingsWords } from "../words";
import { useSecrets } from "./queries";
import { useWords } from "./words";

type Secret = Schemas["Secret"];

/** The page. */
export default function Secrets() {
  const t = useWords();
  const c = useVocabulary();
  const after = useAfter();
  const remove = async (name: string) => {
    await done(api.DELETE("/api/v1/secrets/{name}", { params: { path: { name } } }));
    void after(t("said.deleted"), "secrets");
  };
  const target = ({ hosts, key_host }: Secret) => {
    if (hosts.length > 0) return hosts.join(", ");
    return key_host ? t("keyHost", { host: key_host }) : t("noHost");
  };
  return (
    <Collection
      kind="secrets"
      title={t("title")}
      lead={t("lead")}
      add={t("write")}
      icon={<Lock />}
      none={t("none")}
      noneHint={t("noneHint")}
      list={useSecrets()}
      id={({ id }) => id}
      columns={[
        { name: t("col.name"), cell: ({ name }) => name, className: "font-mono text-xs" },
        { name: t("col.hosts"), cell: target, className: "text-soft" },
        { name: t("col.written"), cell: ({ updated_at }) => <Ago at={updated_at} /> },
      ]}
      actions={({ name }, rewrite) => (
        <>
          <Button small onClick={rewrite}>
            {t("rewrite")}
          </Button>
          <Ask
            label={c("action.delete")}
            title={t("deleteAsk", { name })}
            hint={t("deleteHint")}
            onConfirm={() => remove(name)}
          />
        </>
      )}
      form={(edited) => <Write {...edited} />}
    />
  );
}

function Write({ item: secret, onClose }: Edited<Secret>) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const after = useAfter();
  const [name, setName] = useState(secret?.name ?? "");
  const [value, setValue] = useState("");
  const [hosts, setHosts] = useState(secret?.hosts.join("\n") ?? "");
  const { items: known } = useSecrets();
  const send = async () => {
    // Without a name there is no address to send it to; under a taken one it would replace a value.
    const taken = secret === null && known.some((other) => other.name === name);
    check({ "/name": name === "" ? c("required") : taken && t("taken") });
    await body(
      api.PUT("/api/v1/secrets/{name}", {
        params: { path: { name } },
        body: { value, hosts: listed(hosts) },
      }),
    );
    void after(s("saved"), "secrets");
    onClose();
  };
  return (
    <FormWindow
      title={secret ? t("rewriteTitle", { name: secret.name }) : t("write")}
      description={t("writeHint")}
      action={c("action.save")}
      fields={["/name", "/value", "/hosts"]}
      onClose={onClose}
      send={send}
    >
      <TextField
        label={t("col.name")}
        hint={t("nameHint")}
        required
        at="/name"
        className="font-mono"
        spellCheck={false}
        value={name}
        disabled={secret !== null}
        onChange={setName}
      />
      <TextField
        label={t("value")}
        required
        at="/value"
        type="password"
        autoComplete="new-password"
        value={value}
        onChange={setValue}
      />
      <LinesField
        code
        label={t("col.hosts")}
        hint={t("hostsHint")}
        at="/hosts"
        rows={3}
        placeholder="api.example.com"
        value={hosts}
        onChange={setHosts}
      />
    </FormWindow>
  );
}
