// The channels of the project: ways to reach people.

import { Bell } from "lucide-react";
import { api, body, done, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Fact } from "@/design/layout";
import { Badge } from "@/design/status";
import { Ago } from "@/design/time";
import { useVocabulary } from "@/i18n/vocabulary";
import { useAfter } from "../after";
import { Ask } from "../ask";
import { Collection } from "../collection";
import { Test } from "../test";
import { Edit } from "./edit";
import { useWords } from "./words";

const PAGE = 100;

/** The page. */
export default function Channels() {
  const t = useWords();
  const c = useVocabulary();
  const changes = useSession().may("integration_write");
  const after = useAfter();
  const list = usePages(["channels", "list"], (cursor) =>
    body(api.GET("/api/v1/channels", { params: { query: { limit: PAGE, cursor } } })),
  );
  const test = (channel_id: string) =>
    body(api.POST("/api/v1/channels/{channel_id}/test", { params: { path: { channel_id } } }));
  const remove = async (channel_id: string) => {
    await done(api.DELETE("/api/v1/channels/{channel_id}", { params: { path: { channel_id } } }));
    void after(t("said.deleted"), "channels");
  };
  return (
    <Collection
      kind="channels"
      title={t("title")}
      lead={t("lead")}
      add={changes ? t("add") : null}
      icon={<Bell />}
      none={t("none")}
      noneHint={t("noneHint")}
      list={list}
      id={({ id }) => id}
      columns={[
        { name: t("col.name"), cell: ({ name }) => name },
        { name: t("col.type"), cell: ({ config }) => t(`type.${config.type}`) },
        {
          name: t("col.target"),
          cell: ({ config }) => <Target config={config} />,
          className: "max-w-80 text-soft",
        },
        { name: t("col.changed"), cell: ({ updated_at }) => <Ago at={updated_at} /> },
      ]}
      actions={
        changes &&
        (({ id, name }, edit) => (
          <>
            <Test
              name={name}
              label={t("test")}
              test={() => test(id)}
              facts={({ status, answer }) => (
                <>
                  {status != null && <Fact name={t("test.status")}>{status}</Fact>}
                  {answer && <Fact name={t("test.answer")}>{answer}</Fact>}
                </>
              )}
            />
            <Button small onClick={edit}>
              {c("action.edit")}
            </Button>
            <Ask
              label={c("action.delete")}
              title={t("deleteAsk", { name })}
              hint={t("deleteHint")}
              onConfirm={() => remove(id)}
            />
          </>
        ))
      }
      form={(edited) => <Edit {...edited} />}
    />
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
