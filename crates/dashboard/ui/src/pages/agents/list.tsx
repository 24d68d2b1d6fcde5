// All agents of the project, and where a new one is made.

import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bot, Plus } from "lucide-react";
import { useRef, useState } from "react";
import { api, body, idempotencyKey } from "@/api/client";
import { useGoOn } from "@/app/go-on";
import { useOpening } from "@/app/opening";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { Page } from "@/design/layout";
import { Listed } from "@/design/listed";
import { Rows } from "@/design/rows";
import { Empty } from "@/design/state";
import { Ago } from "@/design/time";
import { useToast } from "@/design/toast";
import { number } from "@/i18n/format";
import { useVocabulary } from "@/i18n/vocabulary";
import { DefinitionEditor, useDraft } from "./editor";
import { definitionOf, useAgents } from "./queries";
import { useWords } from "./words";

/** The page. */
export default function Agents() {
  const t = useWords();
  const { may } = useSession();
  const agents = useAgents();
  const [making, setMaking] = useOpening("new", may("definition_write"));
  const create = may("definition_write") && (
    <Button look="primary" icon={<Plus />} onClick={() => setMaking(true)}>
      {t("act.new")}
    </Button>
  );
  const none = !agents.isPending && !agents.error && agents.items.length === 0;
  return (
    <Page title={t("title")} lead={t("lead")} actions={!none && create}>
      <Listed
        list={agents}
        empty={
          <Empty icon={<Bot />} title={t("empty")} action={create}>
            {may("definition_write") && t("emptyHint")}
          </Empty>
        }
      >
        {(items) => (
          <Rows
            label={t("title")}
            items={items}
            id={({ id }) => id}
            columns={[
              {
                name: t("col.name"),
                cell: ({ id, name }) => (
                  <Link
                    to="/agents/$agentId"
                    params={{ agentId: id }}
                    search={{}}
                    className="hover:underline"
                  >
                    {name}
                  </Link>
                ),
              },
              {
                name: t("col.model"),
                cell: (agent) => {
                  const { model } = definitionOf(agent);
                  return typeof model === "string" && model;
                },
                className: "text-soft",
              },
              {
                name: t("col.tools"),
                cell: (agent) => {
                  const { tools } = definitionOf(agent);
                  return number(Array.isArray(tools) ? tools.length : 0);
                },
                className: "text-right text-soft tabular-nums",
                spare: true,
              },
              {
                name: t("col.version"),
                cell: ({ version }) => number(version),
                className: "text-right text-soft tabular-nums",
                spare: true,
              },
              {
                name: t("col.changed"),
                cell: ({ updated_at }) => <Ago at={updated_at} />,
                className: "text-soft",
              },
            ]}
          />
        )}
      </Listed>
      {making && <NewAgent onClose={() => setMaking(false)} />}
    </Page>
  );
}

function NewAgent({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const c = useVocabulary();
  const { say } = useToast();
  const client = useQueryClient();
  const navigate = useGoOn();
  const [draft, setDraft] = useDraft({ name: "", model: "" });
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const key = useRef(idempotencyKey());
  const create = async () => {
    setBusy(true);
    setError(null);
    try {
      const agent = await body(
        api.POST("/api/v1/agents", {
          params: { header: { "Idempotency-Key": key.current } },
          body: draft.definition as never,
        }),
      );
      await client.invalidateQueries({ queryKey: ["agents"] });
      say(t("said.created"));
      await navigate({ to: "/agents/$agentId", params: { agentId: agent.id }, search: {} });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={t("act.new")}
      foot={
        <>
          <Button onClick={onClose}>{c("action.cancel")}</Button>
          <Button
            look="primary"
            busy={busy}
            disabled={draft.fault !== undefined}
            onClick={() => void create()}
          >
            {c("action.create")}
          </Button>
        </>
      }
    >
      <DefinitionEditor
        draft={draft}
        onChange={(next) => {
          // What is sent under a key once is never sent under it with something else in it.
          key.current = idempotencyKey();
          setDraft(next);
        }}
        error={error}
      />
    </Dialog>
  );
}
