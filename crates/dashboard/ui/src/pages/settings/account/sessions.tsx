// One's own open sessions.

import { MonitorSmartphone } from "lucide-react";
import { api, body, done } from "@/api/client";
import { usePages } from "@/api/pages";
import { Page } from "@/design/layout";
import { Listed } from "@/design/listed";
import { Empty } from "@/design/state";
import { useAfter } from "../after";
import { Ask } from "../ask";
import { SessionTable } from "./session-table";
import { useWords } from "./words";

const PAGE = 50;

/** The page. */
export default function Sessions() {
  const t = useWords();
  const after = useAfter();
  const list = usePages(["sessions", "mine"], (cursor) =>
    body(api.GET("/api/v1/auth/sessions", { params: { query: { limit: PAGE, cursor } } })),
  );
  const end = async (session_id: string) => {
    const path = { session_id };
    await done(api.DELETE("/api/v1/auth/sessions/{session_id}", { params: { path } }));
    void after(t("said.ended"), "sessions");
  };
  const endOthers = async () => {
    await done(api.DELETE("/api/v1/auth/sessions"));
    void after(t("said.endedOthers"), "sessions");
  };
  const others = list.items.some(({ current }) => !current) || list.hasMore;
  return (
    <Page
      title={t("sessions.title")}
      lead={t("sessions.lead")}
      actions={
        others && (
          <Ask
            small={false}
            label={t("endOthers")}
            title={t("endOthersAsk")}
            hint={t("endHint")}
            onConfirm={endOthers}
          />
        )
      }
    >
      <Listed list={list} empty={<Empty icon={<MonitorSmartphone />} title={t("sessions.none")} />}>
        {(items) => <SessionTable label={t("sessions.title")} sessions={items} onEnd={end} />}
      </Listed>
    </Page>
  );
}
