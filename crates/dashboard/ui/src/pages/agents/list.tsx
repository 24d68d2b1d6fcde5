// All agents of the project, and where a new one is made.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Bot, Plus } from "lucide-react";
import { useRef, useState } from "react";
import { api, body, idempotencyKey, type Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { Button } from "@/design/button";
import { Dialog } from "@/design/dialog";
import { Card, Page, Table, Td, Th } from "@/design/layout";
import { Empty, Failure, Loading } from "@/design/state";
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
  const [making, setMaking] = useState(false);
  const create = may("definition_write") && (
    <Button look="primary" icon={<Plus />} onClick={() => setMaking(true)}>
      {t("act.new")}
    </Button>
  );
  const none = !agents.isPending && !agents.error && agents.items.length === 0;
  return (
    <Page title={t("title")} lead={t("lead")} actions={!none && create}>
      {agents.error && <Failure error={agents.error} onRetry={agents.retry} className="mb-3" />}
      {agents.isPending && !agents.error && <Loading />}
      {none && (
        <Empty icon={<Bot />} title={t("empty")} action={create}>
          {may("definition_write") && t("emptyHint")}
        </Empty>
      )}
      {agents.items.length > 0 && <Rows agents={agents} />}
      {making && <NewAgent onClose={() => setMaking(false)} />}
    </Page>
  );
}

function Rows({ agents }: { agents: ReturnType<typeof useAgents> }) {
  const t = useWords();
  const c = useVocabulary();
  return (
    <Card flush>
      <Table
        label={t("title")}
        head={
          <>
            <Th>{t("col.name")}</Th>
            <Th>{t("col.model")}</Th>
            <Th className="text-right">{t("col.tools")}</Th>
            <Th className="text-right">{t("col.version")}</Th>
            <Th>{t("col.changed")}</Th>
          </>
        }
      >
        {agents.items.map((agent) => (
          <Row key={agent.id} agent={agent} />
        ))}
      </Table>
      {agents.hasMore && (
        <div className="flex justify-center border-t border-line p-2">
          <Button look="quiet" busy={agents.isFetching} onClick={agents.more}>
            {c("action.more")}
          </Button>
        </div>
      )}
    </Card>
  );
}

function Row({ agent }: { agent: Schemas["Agent"] }) {
  const { model, tools } = definitionOf(agent);
  return (
    <tr>
      <Td>
        <Link
          to="/agents/$agentId"
          params={{ agentId: agent.id }}
          search={{}}
          className="font-medium hover:underline"
        >
          {agent.name}
        </Link>
      </Td>
      <Td className="text-soft">{typeof model === "string" && model}</Td>
      <Td className="text-right text-soft tabular-nums">
        {number(Array.isArray(tools) ? tools.length : 0)}
      </Td>
      <Td className="text-right text-soft tabular-nums">{number(agent.version)}</Td>
      <Td className="text-soft">
        <Ago at={agent.updated_at} />
      </Td>
    </tr>
  );
}

function NewAgent({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const c = useVocabulary();
  const { say } = useToast();
  const client = useQueryClient();
  const navigate = useNavigate();
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
