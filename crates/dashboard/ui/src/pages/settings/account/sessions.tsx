// One's own open sessions.

import { useQueryClient } from "@tanstack/react-query";
import { MonitorSmartphone } from "lucide-react";
import { api, body, done } from "@/api/client";
import { usePages } from "@/api/pages";
import { Button } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { Page } from "@/design/layout";
import { Empty } from "@/design/state";
import { useToast } from "@/design/toast";
import { Listed } from "../listed";
import { SessionTable } from "./session-table";
import { useWords } from "./words";

const PAGE = 50;

/** The page. */
export default function Sessions() {
  const t = useWords();
  const { say } = useToast();
  const client = useQueryClient();
  const list = usePages(["sessions", "mine"], (cursor) =>
    body(api.GET("/api/v1/auth/sessions", { params: { query: { limit: PAGE, cursor } } })),
  );
  const refresh = () => client.invalidateQueries({ queryKey: ["sessions"] });
  const end = async (session_id: string) => {
    const path = { session_id };
    await done(api.DELETE("/api/v1/auth/sessions/{session_id}", { params: { path } }));
    say(t("said.ended"));
    void refresh();
  };
  const endOthers = async () => {
    await done(api.DELETE("/api/v1/auth/sessions"));
    say(t("said.endedOthers"));
    void refresh();
  };
  const others = list.items.some(({ current }) => !current) || list.hasMore;
  return (
    <Page
      title={t("sessions.title")}
      lead={t("sessions.lead")}
      actions={
        others && (
          <Confirm
            trigger={<Button look="danger">{t("endOthers")}</Button>}
            title={t("endOthersAsk")}
            action={t("endOthers")}
            onConfirm={endOthers}
          >
            {t("endHint")}
          </Confirm>
        )
      }
    >
      <Listed list={list} empty={<Empty icon={<MonitorSmartphone />} title={t("sessions.none")} />}>
        {(items) => <SessionTable label={t("sessions.title")} sessions={items} onEnd={end} />}
      </Listed>
    </Page>
  );
}
