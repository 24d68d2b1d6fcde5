// The versions of an agent.

import { api, body, type Schemas, version } from "@/api/client";
import { useSession } from "@/app/session";
import { Versions } from "@/design/versions";
import { toText } from "./definition-text";
import { definitionOf, useVersions } from "./queries";

const textOf = (of: Schemas["AgentVersion"]) => toText(definitionOf(of));

/** The view. */
export function VersionsView({ agent }: { agent: Schemas["Agent"] }) {
  const { may } = useSession();
  const restore = ({ definition }: Schemas["AgentVersion"]) =>
    body(
      api.PUT("/api/v1/agents/{agent_id}", {
        params: { path: { agent_id: agent.id }, header: { "If-Match": version(agent) } },
        body: definition,
      }),
    );
  return (
    <Versions
      versions={useVersions(agent.id)}
      present={agent.version_id}
      textOf={textOf}
      restore={may("definition_write") && restore}
      kind="agents"
    />
  );
}
