// The secrets of the project: their names, and where they may be sent.

import { useQueryClient } from "@tanstack/react-query";
import { Lock, Plus } from "lucide-react";
import { useState } from "react";
import { api, body, done, type Schemas } from "@/api/client";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { Field, Input, TextArea } from "@/design/field";
import { Page, Table, Td, Th } from "@/design/layout";
import { Empty } from "@/design/state";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { FormWindow } from "../form";
import { Listed } from "../listed";
import { useWords as useSettingsWords } from "../words";
import { useSecrets } from "./queries";
import { useWords } from "./words";

/** The page. */
export default function Secrets() {
  const t = useWords();
  /** The one that is written; "new" for another. */
  const [written, setWritten] = useState<Schemas["Secret"] | "new" | null>(null);
  const list = useSecrets();
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        <Button look="primary" icon={<Plus />} onClick={() => setWritten("new")}>
          {t("write")}
        </Button>
      }
    >
      <Listed
        list={list}
        empty={
          <Empty icon={<Lock />} title={t("none")}>
            {t("noneHint")}
          </Empty>
        }
      >
        {(items) => <Rows items={items} onWrite={setWritten} />}
      </Listed>
      {written !== null && (
        <Write secret={written === "new" ? null : written} onClose={() => setWritten(null)} />
      )}
    </Page>
  );
}

interface RowsProps {
  items: Schemas["Secret"][];
  onWrite: (secret: Schemas["Secret"]) => void;
}

function Rows({ items, onWrite }: RowsProps) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const { say } = useToast();
  const client = useQueryClient();
  const remove = async (name: string) => {
    await done(api.DELETE("/api/v1/secrets/{name}", { params: { path: { name } } }));
    say(t("said.deleted"));
    void client.invalidateQueries({ queryKey: ["secrets"] });
  };
  return (
    <Table
      label={t("title")}
      head={
        <>
          <Th>{t("col.name")}</Th>
          <Th>{t("col.hosts")}</Th>
          <Th>{t("col.written")}</Th>
          <Th>
            <span className="sr-only">{s("actions")}</span>
          </Th>
        </>
      }
    >
      {items.map((secret) => (
        <tr key={secret.id}>
          <Td className="font-mono text-xs">{secret.name}</Td>
          <Td className="text-soft">
            {secret.hosts.length > 0
              ? secret.hosts.join(", ")
              : secret.key_host
                ? t("keyHost", { host: secret.key_host })
                : t("noHost")}
          </Td>
          <Td>
            <Ago at={secret.updated_at} />
          </Td>
          <Td>
            <span className="flex justify-end gap-1.5">
              <Button small onClick={() => onWrite(secret)}>
                {t("rewrite")}
              </Button>
              <Confirm
                trigger={
                  <Button small look="danger">
                    {c("action.delete")}
                  </Button>
                }
                title={t("deleteAsk", { name: secret.name })}
                action={c("action.delete")}
                onConfirm={() => remove(secret.name)}
              >
                {t("deleteHint")}
              </Confirm>
            </span>
          </Td>
        </tr>
      ))}
    </Table>
  );
}

function Write({ secret, onClose }: { secret: Schemas["Secret"] | null; onClose: () => void }) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const { say } = useToast();
  const client = useQueryClient();
  const [name, setName] = useState(secret?.name ?? "");
  const [value, setValue] = useState("");
  const [hosts, setHosts] = useState(secret?.hosts.join("\n") ?? "");
  const [fault, setFault] = useState<string | null>(null);
  const { items: known } = useSecrets();
  const send = async () => {
    // Without a name there is no address to send it to; under a taken one it would replace a value.
    const taken = secret === null && known.some((other) => other.name === name);
    const wrong = name === "" ? c("required") : taken ? t("taken") : null;
    setFault(wrong);
    if (wrong !== null) return;
    await body(
      api.PUT("/api/v1/secrets/{name}", {
        params: { path: { name } },
        body: { value, hosts: hosts.split(/[\s,]+/).filter((host) => host !== "") },
      }),
    );
    say(s("saved"));
    void client.invalidateQueries({ queryKey: ["secrets"] });
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
      {(at) => (
        <>
          <Field label={t("col.name")} hint={t("nameHint")} required error={fault ?? at("/name")}>
            <Input
              className="font-mono"
              autoComplete="off"
              spellCheck={false}
              value={name}
              disabled={secret !== null}
              onChange={({ target }) => setName(target.value)}
            />
          </Field>
          <Field label={t("value")} required error={at("/value")}>
            <Input
              type="password"
              autoComplete="off"
              value={value}
              onChange={({ target }) => setValue(target.value)}
            />
          </Field>
          <Field label={t("col.hosts")} hint={t("hostsHint")} error={at("/hosts")}>
            <TextArea
              className="font-mono text-xs"
              rows={3}
              spellCheck={false}
              placeholder="api.example.com"
              value={hosts}
              onChange={({ target }) => setHosts(target.value)}
            />
          </Field>
        </>
      )}
    </FormWindow>
  );
}
