// The model providers of the project: whom agents can ask.

import { Cpu } from "lucide-react";
import { useState } from "react";
import { api, body, done } from "@/api/client";
import { usePages } from "@/api/pages";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Fact } from "@/design/layout";
import { Badge } from "@/design/status";
import { number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { useAfter } from "../after";
import { Ask } from "../ask";
import { Collection } from "../collection";
import { Test } from "../test";
import { Edit } from "./edit";
import { kindName } from "./kinds";
import { Models } from "./models";
import { useWords } from "./words";

const PAGE = 100;

/** The page. */
export default function Providers() {
  const t = useWords();
  const c = useVocabulary();
  const changes = useSession().may("provider_write");
  const after = useAfter();
  const [models, setModels] = useState<string | null>(null);
  const list = usePages(["providers", "list"], (cursor) =>
    body(api.GET("/api/v1/providers", { params: { query: { limit: PAGE, cursor } } })),
  );
  const test = (name: string) =>
    body(api.POST("/api/v1/providers/{name}/test", { params: { path: { name } } }));
  const remove = async (name: string) => {
    await done(api.DELETE("/api/v1/providers/{name}", { params: { path: { name } } }));
    void after(t("said.deleted"), "providers");
  };
  return (
    <Collection
      kind="providers"
      title={t("title")}
      lead={t("lead")}
      add={changes ? t("add") : null}
      icon={<Cpu />}
      none={t("none")}
      noneHint={t("noneHint")}
      list={list}
      id={({ name }) => name}
      columns={[
        {
          name: t("col.name"),
          cell: ({ id, name, kind }) => (
            <>
              <span className="sm:whitespace-nowrap">
                {name} {!id && <Badge>{t("builtIn")}</Badge>}
              </span>
              <span className="block text-xs font-normal text-soft">{kindName(kind, t)}</span>
            </>
          ),
        },
        {
          name: t("col.address"),
          cell: ({ base_url }) => base_url ?? t("ownAddress"),
          className: "text-soft",
        },
        {
          name: t("col.model"),
          cell: ({ default_model }) => default_model ?? "–",
          className: "text-soft",
        },
        {
          name: t("col.key"),
          cell: ({ key_secret }) => key_secret ?? "–",
          className: "font-mono text-xs",
        },
      ]}
      actions={({ id, name }, edit) => (
        <>
          <Button small onClick={() => setModels(name)}>
            {t("models")}
          </Button>
          {changes && (
            <Test
              name={name}
              test={() => test(name)}
              facts={(report) => (
                <>
                  {report.ok && <Fact name={t("test.models")}>{number(report.models)}</Fact>}
                  {report.scripted && <Fact name={t("test.answers")}>{t("test.script")}</Fact>}
                </>
              )}
            />
          )}
          {changes && id && (
            <>
              <Button small onClick={edit}>
                {c("action.edit")}
              </Button>
              <Ask
                label={c("action.delete")}
                title={t("deleteAsk", { name })}
                hint={t("deleteHint")}
                onConfirm={() => remove(name)}
              />
            </>
          )}
        </>
      )}
      form={(edited) => <Edit {...edited} />}
    >
      {models !== null && <Models provider={models} onClose={() => setModels(null)} />}
    </Collection>
  );
}
