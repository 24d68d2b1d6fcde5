// One's own API keys: programs act by them.

import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { api, body, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Checkbox } from "@/design/field";
import { Page } from "@/design/layout";
import { Empty } from "@/design/state";
import { ChoiceField, Group, TextField } from "@/forms/fields";
import { check, FormWindow } from "@/forms/form";
import { ToldOnce } from "@/forms/told-once";
import { useVocabulary } from "@/i18n/vocabulary";
import { useAfter } from "../after";
import { Listed } from "../listed";
import { KeyTable } from "./key-table";
import { useWords } from "./words";

const PAGE = 100;
const DAY_MS = 86_400_000;
/** How many days a key may last. */
const LASTS = [1, 7, 30, 90, 180, 365];

/** The page. */
export default function Keys() {
  const t = useWords();
  const { project } = useSession();
  const [making, setMaking] = useState(false);
  const list = usePages(["api-keys", "mine"], (cursor) =>
    body(api.GET("/api/v1/api-keys", { params: { query: { limit: PAGE, cursor } } })),
  );
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        project && (
          <Button look="primary" icon={<Plus />} onClick={() => setMaking(true)}>
            {t("make")}
          </Button>
        )
      }
    >
      <Listed
        list={list}
        empty={
          <Empty icon={<KeyRound />} title={t("none")}>
            {project ? t("noneHint") : t("noProjectHint")}
          </Empty>
        }
      >
        {(keys) => <KeyTable label={t("title")} keys={keys} />}
      </Listed>
      {making && project && <Make project={project} onClose={() => setMaking(false)} />}
    </Page>
  );
}

function Make({ project, onClose }: { project: Schemas["Here"]; onClose: () => void }) {
  const t = useWords();
  const c = useVocabulary();
  const { me } = useSession();
  const after = useAfter();
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [scopes, setScopes] = useState<Schemas["Permission"][]>(["read"]);
  const [token, setToken] = useState<string | null>(null);
  const send = async () => {
    check({ "/scopes": scopes.length === 0 && c("required") });
    const expires_at = new Date(Date.now() + Number(days) * DAY_MS).toISOString();
    const made = await body(
      api.POST("/api/v1/api-keys", {
        body: { name, scopes, expires_at, project_id: project.id },
      }),
    );
    setToken(made.token);
    void after(null, "api-keys");
  };
  if (token !== null) {
    return (
      <ToldOnce title={t("made", { name })} hint={t("madeHint")} text={token} onClose={onClose} />
    );
  }
  return (
    <FormWindow
      title={t("make")}
      description={t("makeHint", { project: project.name })}
      action={t("make")}
      fields={["/name", "/scopes", "/expires_at"]}
      onClose={onClose}
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
        label={t("lasts")}
        required
        at="/expires_at"
        value={days}
        onChange={setDays}
        choices={LASTS.map(String)}
        say={(one) => t("days", { count: Number(one) })}
      />
      <Group label={t("col.scopes")} at="/scopes">
        {me.permissions.map((scope) => (
          <Checkbox
            key={scope}
            checked={scopes.includes(scope)}
            onChange={(checked) =>
              setScopes(checked ? [...scopes, scope] : scopes.filter((other) => other !== scope))
            }
            label={t(`scope.${scope}`)}
          />
        ))}
      </Group>
    </FormWindow>
  );
}
