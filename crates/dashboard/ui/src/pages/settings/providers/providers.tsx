// The model providers of the project: whom agents can ask.

import { useQueryClient } from "@tanstack/react-query";
import { Cpu, Plus } from "lucide-react";
import { useState } from "react";
import { api, body, done, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { Fact, Page, Table, Td, Th } from "@/design/layout";
import { Empty } from "@/design/state";
import { Badge } from "@/design/status";
import { useToast } from "@/design/toast";
import { number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { Listed } from "../listed";
import { Test } from "../test";
import { useWords as useSettingsWords } from "../words";
import { Edit } from "./edit";
import { Models } from "./models";
import { useWords } from "./words";

const PAGE = 100;

/** The page. */
export default function Providers() {
  const t = useWords();
  const { may } = useSession();
  /** The one that is edited; "new" for one to be made. */
  const [edited, setEdited] = useState<Schemas["Provider"] | "new" | null>(null);
  const [models, setModels] = useState<string | null>(null);
  const list = usePages(["providers", "list"], (cursor) =>
    body(api.GET("/api/v1/providers", { params: { query: { limit: PAGE, cursor } } })),
  );
  const add = may("provider_write") && (
    <Button look="primary" icon={<Plus />} onClick={() => setEdited("new")}>
      {t("add")}
    </Button>
  );
  return (
    <Page title={t("title")} lead={t("lead")} actions={add}>
      <Listed
        list={list}
        empty={
          <Empty icon={<Cpu />} title={t("none")}>
            {t("noneHint")}
          </Empty>
        }
      >
        {(items) => <Rows items={items} onEdit={setEdited} onModels={setModels} />}
      </Listed>
      {edited !== null && (
        <Edit provider={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      )}
      {models !== null && <Models provider={models} onClose={() => setModels(null)} />}
    </Page>
  );
}

interface RowsProps {
  items: Schemas["Provider"][];
  onEdit: (provider: Schemas["Provider"]) => void;
  onModels: (name: string) => void;
}

function Rows({ items, onEdit, onModels }: RowsProps) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const { may } = useSession();
  const { say } = useToast();
  const client = useQueryClient();
  const remove = async (name: string) => {
    await done(api.DELETE("/api/v1/providers/{name}", { params: { path: { name } } }));
    say(t("said.deleted"));
    void client.invalidateQueries({ queryKey: ["providers"] });
  };
  return (
    <Table
      label={t("title")}
      head={
        <>
          <Th>{t("col.name")}</Th>
          <Th>{t("col.kind")}</Th>
          <Th>{t("col.address")}</Th>
          <Th>{t("col.model")}</Th>
          <Th>{t("col.key")}</Th>
          <Th>
            <span className="sr-only">{s("actions")}</span>
          </Th>
        </>
      }
    >
      {items.map((provider) => (
        <tr key={provider.name}>
          <Td className="font-medium whitespace-nowrap">
            {provider.name}
            {!provider.id && <Badge className="ml-2">{t("builtIn")}</Badge>}
          </Td>
          <Td className="font-mono text-xs">{provider.kind}</Td>
          <Td className="text-soft">{provider.base_url ?? t("ownAddress")}</Td>
          <Td className="text-soft">{provider.default_model ?? "–"}</Td>
          <Td className="font-mono text-xs">{provider.key_secret ?? "–"}</Td>
          <Td>
            <span className="flex justify-end gap-1.5">
              <Button small onClick={() => onModels(provider.name)}>
                {t("models")}
              </Button>
              {may("provider_write") && (
                <>
                  <Test
                    name={provider.name}
                    test={() =>
                      body(
                        api.POST("/api/v1/providers/{name}/test", {
                          params: { path: { name: provider.name } },
                        }),
                      )
                    }
                    facts={(report) => (
                      <>
                        <Fact name={t("test.models")}>{number(report.models)}</Fact>
                        {report.scripted && (
                          <Fact name={t("test.answers")}>{t("test.script")}</Fact>
                        )}
                      </>
                    )}
                  />
                  {provider.id && (
                    <>
                      <Button small onClick={() => onEdit(provider)}>
                        {c("action.edit")}
                      </Button>
                      <Confirm
                        trigger={
                          <Button small look="danger">
                            {c("action.delete")}
                          </Button>
                        }
                        title={t("deleteAsk", { name: provider.name })}
                        action={c("action.delete")}
                        onConfirm={() => remove(provider.name)}
                      >
                        {t("deleteHint")}
                      </Confirm>
                    </>
                  )}
                </>
              )}
            </span>
          </Td>
        </tr>
      ))}
    </Table>
  );
}
