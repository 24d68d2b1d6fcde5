// One agent: write to it, change it, compare its versions, see what its model gets.

import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { useEffect } from "react";
import { api, done, type Schemas } from "@/api/client";
import { useGoOn } from "@/app/go-on";
import { AGENT_VIEWS, type AgentView } from "@/app/searches";
import { useSession } from "@/app/session";
import { IconButton } from "@/design/button";
import { Confirm } from "@/design/dialog";
import { Page } from "@/design/layout";
import { ReadPage } from "@/design/read-page";
import { Badge } from "@/design/status";
import { Tabs } from "@/design/tabs";
import { useToast } from "@/design/toast";
import { useVocabulary } from "@/i18n/vocabulary";
import { Chat } from "./chat/chat";
import { DefinitionView, useEditing } from "./definition";
import { Leaving } from "./leaving";
import { PreviewView } from "./preview";
import { definitionOf, useAgent } from "./queries";
import { VersionsView } from "./versions";
import { useWords } from "./words";

/** The page. */
export default function AgentPage() {
  const { agentId } = useParams({ from: "/agents/$agentId" });
  const t = useWords();
  const c = useVocabulary();
  const agent = useAgent(agentId);
  const above = (
    <Link to="/agents" className="hover:text-ink hover:underline">
      {t("title")}
    </Link>
  );
  return (
    <ReadPage query={agent} title={c("actor.agent")} above={above}>
      {(agent) => {
        const { model } = definitionOf(agent);
        return (
          <Page
            title={agent.name}
            section={t("title")}
            above={above}
            beside={typeof model === "string" && <Badge>{model}</Badge>}
            actions={<Delete agent={agent} />}
          >
            <Views key={agent.id} agent={agent} />
          </Page>
        );
      }}
    </ReadPage>
  );
}

function Views({ agent }: { agent: Schemas["Agent"] }) {
  const t = useWords();
  const search = useSearch({ from: "/agents/$agentId" });
  const navigate = useNavigate({ from: "/agents/$agentId" });
  const shown = search.view ?? "chat";
  // Kept here, so that a look at the chat or the preview loses nothing that is written.
  const editing = useEditing(agent);
  const { base, changed, begin } = editing;
  useEffect(() => {
    if (agent.version > base.version && !changed) begin(agent);
  });
  const contentOf = (view: AgentView) => {
    switch (view) {
      case "chat":
        return <Chat agentId={agent.id} />;
      case "definition":
        return <DefinitionView agent={agent} editing={editing} />;
      case "versions":
        return <VersionsView agent={agent} />;
      case "preview":
        return <PreviewView agentId={agent.id} />;
    }
  };
  return (
    <>
      <Leaving asks={changed} />
      <Tabs
        label={t("view.label")}
        value={shown}
        onChange={(next) =>
          void navigate({
            search: { ...search, view: AGENT_VIEWS.find((one) => one === next) },
            replace: true,
          })
        }
        tabs={AGENT_VIEWS.map((view) => ({
          id: view,
          name: t(`view.${view}`),
          content: view === shown && contentOf(view),
        }))}
      />
    </>
  );
}

function Delete({ agent }: { agent: Schemas["Agent"] }) {
  const t = useWords();
  const c = useVocabulary();
  const { may } = useSession();
  const { say } = useToast();
  const client = useQueryClient();
  const navigate = useGoOn();
  if (!may("definition_write")) return null;
  const remove = async () => {
    await done(
      api.DELETE("/api/v1/agents/{agent_id}", { params: { path: { agent_id: agent.id } } }),
    );
    say(t("said.deleted"));
    await navigate({ to: "/agents", ignoreBlocker: true });
    client.removeQueries({ queryKey: ["agents", agent.id] });
    await client.invalidateQueries({ queryKey: ["agents"] });
  };
  return (
    <Confirm
      trigger={
        <IconButton label={t("act.delete")}>
          <Trash2 />
        </IconButton>
      }
      title={t("act.deleteAsk", { name: agent.name })}
      action={c("action.delete")}
      onConfirm={remove}
    >
      {t("act.deleteHint")}
    </Confirm>
  );
}
