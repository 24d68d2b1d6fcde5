// The channels of the project: ways to reach people.

import { useQueryClient } from "@tanstack/react-query";
import { Bell, Plus } from "lucide-react";
import { useState } from "react";
import { api, body, done, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { Fact, Page, Table, Td, Th } from "@/design/layout";
import { Empty } from "@/design/state";
import { Badge } from "@/design/status";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { Listed } from "../listed";
import { Test } from "../test";
import { useWords as useSettingsWords } from "../words";
import { Edit } from "./edit";
import { useWords } from "./words";

const PAGE = 100;

/** The page. */
export default function Channels() {
  const t = useWords();
  const { may } = useSession();
  /** The one that is edited; "new" for one to be made. */
  const [edited, setEdited] = useState<Schemas["Channel"] | "new" | null>(null);
  const list = usePages(["channels", "list"], (cursor) =>
    body(api.GET("/api/v1/channels", { params: { query: { limit: PAGE, cursor } } })),
  );
  return (
    <Page
      title={t("title")}
      lead={t("lead")}
      actions={
        may("integration_write") && (
          <Button look="primary" icon={<Plus />} onClick={() => setEdited("new")}>
            {t("add")}
          </Button>
        )
      }
    >
      <Listed
        list={list}
        empty={
          <Empty icon={<Bell />} title={t("none")}>
            {t("noneHint")}
          </Empty>
        }
      >
        {(items) => <Rows items={items} onEdit={setEdited} />}
      </Listed>
      {edited !== null && (
        <Edit channel={edited === "new" ? null : edited} onClose={() => setEdited(null)} />
      )}
    </Page>
  );
}

function Target({ config }: { config: Schemas["ChannelTarget"] }) {
  const t = useWords();
  switch (config.type) {
    case "webhook":
      return (
        <>
          {config.url} {config.signed && <Badge>{t("signed")}</Badge>}
        </>
      );
    case "email":
      return config.to.join(", ");
    case "slack":
      return config.host;
  }
}

interface RowsProps {
  items: Schemas["Channel"][];
  onEdit: (channel: Schemas["Channel"]) => void;
}

function Rows({ items, onEdit }: RowsProps) {
  const t = useWords();
  const s = useSettingsWords();
  const c = useVocabulary();
  const { may } = useSession();
  const { say } = useToast();
  const client = useQueryClient();
  const remove = async (channel_id: string) => {
    await done(api.DELETE("/api/v1/channels/{channel_id}", { params: { path: { channel_id } } }));
    say(t("said.deleted"));
    void client.invalidateQueries({ queryKey: ["channels"] });
  };
  return (
    <Table
      label={t("title")}
      head={
        <>
          <Th>{t("col.name")}</Th>
          <Th>{t("col.type")}</Th>
          <Th>{t("col.target")}</Th>
          <Th>{t("col.changed")}</Th>
          <Th>
            <span className="sr-only">{s("actions")}</span>
          </Th>
        </>
      }
    >
      {items.map((channel) => (
        <tr key={channel.id}>
          <Td className="font-medium whitespace-nowrap">{channel.name}</Td>
          <Td className="whitespace-nowrap">{t(`type.${channel.config.type}`)}</Td>
          <Td className="max-w-80 break-words text-soft">
            <Target config={channel.config} />
          </Td>
          <Td>
            <Ago at={channel.updated_at} />
          </Td>
          <Td>
            {may("integration_write") && (
              <span className="flex justify-end gap-1.5">
                <Test
                  name={channel.name}
                  label={t("test")}
                  test={() =>
                    body(
                      api.POST("/api/v1/channels/{channel_id}/test", {
                        params: { path: { channel_id: channel.id } },
                      }),
                    )
                  }
                  facts={({ status, answer }) => (
                    <>
                      {status != null && <Fact name={t("test.status")}>{status}</Fact>}
                      {answer && <Fact name={t("test.answer")}>{answer}</Fact>}
                    </>
                  )}
                />
                <Button small onClick={() => onEdit(channel)}>
                  {c("action.edit")}
                </Button>
                <Confirm
                  trigger={
                    <Button small look="danger">
                      {c("action.delete")}
                    </Button>
                  }
                  title={t("deleteAsk", { name: channel.name })}
                  action={c("action.delete")}
                  onConfirm={() => remove(channel.id)}
                >
                  {t("deleteHint")}
                </Confirm>
              </span>
            )}
          </Td>
        </tr>
      ))}
    </Table>
  );
}
