// One's own API keys: programs act by them.

import { useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { api, body, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Checkbox, Field, Input, Select } from "@/design/field";
import { Page } from "@/design/layout";
import { Empty } from "@/design/state";
import { FormWindow } from "../form";
import { Listed } from "../listed";
import { Once } from "../once";
import { KeyTable } from "./key-table";
import { useWords } from "./words";

const PAGE = 100;
const DAY_MS = 86_400_000;
/** How many days a key may last. */
const LASTS = [1, 7, 30, 90, 180, 365];

/** The page. */
export default function Keys() {
  const t = useWords();
  const [making, setMaking] = useState(false);
  const list = usePages(["api-keys", "mine"], (cursor) =>
    body(api.GET("/api/v1/api-keys", { params: { query: { limit: PAGE, cursor } } })),
  );
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        <Button look="primary" icon={<Plus />} onClick={() => setMaking(true)}>
          {t("make")}
        </Button>
      }
    >
      <Listed
        list={list}
        empty={
          <Empty icon={<KeyRound />} title={t("none")}>
            {t("noneHint")}
          </Empty>
        }
      >
        {(keys) => <KeyTable label={t("title")} keys={keys} />}
      </Listed>
      {making && <Make onClose={() => setMaking(false)} />}
    </Page>
  );
}

function Make({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const { me, project } = useSession();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [days, setDays] = useState(90);
  const [scopes, setScopes] = useState<Schemas["Permission"][]>(["read"]);
  const [token, setToken] = useState<string | null>(null);
  const send = async () => {
    const expires_at = new Date(Date.now() + days * DAY_MS).toISOString();
    const made = await body(
      api.POST("/api/v1/api-keys", {
        body: { name, scopes, expires_at, ...(project && { project_id: project.id }) },
      }),
    );
    setToken(made.token);
    void client.invalidateQueries({ queryKey: ["api-keys"] });
  };
  if (token !== null) {
    return (
      <Once title={t("made", { name })} hint={t("madeHint")} value={token} onClose={onClose} />
    );
  }
  return (
    <FormWindow
      title={t("make")}
      description={project ? t("makeHint", { project: project.name }) : undefined}
      action={t("make")}
      fields={["/name", "/scopes", "/expires_at"]}
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
          <Field label={t("lasts")} required error={at("/expires_at")}>
            <Select value={days} onChange={({ target }) => setDays(Number(target.value))}>
              {LASTS.map((one) => (
                <option key={one} value={one}>
                  {t("days", { count: one })}
                </option>
              ))}
            </Select>
          </Field>
          <fieldset className="flex flex-col gap-2">
            <legend className="mb-1 text-sm font-medium">{t("col.scopes")}</legend>
            {me.permissions.map((scope) => (
              <Checkbox
                key={scope}
                checked={scopes.includes(scope)}
                onChange={(checked) =>
                  setScopes(
                    checked ? [...scopes, scope] : scopes.filter((other) => other !== scope),
                  )
                }
                label={t(`scope.${scope}`)}
              />
            ))}
            {at("/scopes") && (
              <p role="alert" className="text-xs text-bad">
                {at("/scopes")}
              </p>
            )}
          </fieldset>
        </>
      )}
    </FormWindow>
  );
}
