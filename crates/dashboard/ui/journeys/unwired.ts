// Operations of the API that no page calls, and why.

/** `METHOD /path`, with the reason. */
export const UNWIRED: Record<string, string> = {
  "GET /api/v1/agent-versions/{agent_version_id}": "the list of versions brings each whole",
  "PATCH /api/v1/agents/{agent_id}": "the definition is written whole, by PUT",
  "GET /api/v1/artifacts/{artifact_id}": "the list of artifacts brings each whole",
  "GET /api/v1/channels/{channel_id}": "the list brings each channel whole",
  "GET /api/v1/events": "events come over the socket",
  "GET /api/v1/pipeline-versions/{pipeline_version_id}": "the list of versions brings each whole",
  "PATCH /api/v1/pipelines/{pipeline_id}": "the definition is written whole, by PUT",
  "GET /api/v1/providers/{name}": "the list brings each provider whole",
  "POST /api/v1/runs": "pipelines are started at their own address, agents in threads",
  "GET /api/v1/runs/{run_id}/events": "events come over the socket",
  "GET /api/v1/threads": "threads are listed by their agent",
  "GET /api/v1/tools/{name}": "the list of tools brings each whole",
  "POST /api/v1/tools/{name}/invoke":
    "a call by hand is for programs; in the pages, agents and pipelines call tools",
  "GET /api/v1/users/{user_id}": "the list of people brings each whole",
  "GET /healthz": "for whoever runs the server",
  "GET /readyz": "for whoever runs the server",
  "POST /hooks/{token}": "called from outside",
};
