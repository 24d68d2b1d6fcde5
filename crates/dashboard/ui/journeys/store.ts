// A store as a small trading company would have it after some weeks: something of everything.

import { createHmac } from "node:crypto";
import createClient from "openapi-fetch";
import { parse } from "yaml";
import type { components, paths } from "@/generated/schema";
import { CATALOGUE, CLOSING, contract, EXAMPLES, example, ORDER, PRICES } from "./definitions";
import { ADA } from "./journey";
import type { Outside } from "./outside";
import type { Server } from "./server";

type Schemas = components["schemas"];

/** What the store holds, by its ids, and the links that were handed out. */
export interface Store {
  projects: { main: string; second: string };
  pipelines: Record<string, string>;
  agents: { assistant: string; buyer: string };
  /** One run of each status, one that waits for each reason, and one of the largest pipeline. */
  runs: Record<
    Exclude<Schemas["RunStatus"], "waiting"> | "approval" | "unknown" | "timer" | "child" | "brief",
    string
  >;
  threads: { answered: string; writing: string };
  approvals: { open: string };
  schedules: { weekdays: string; interval: string; once: string; request: string };
  triggers: { failures: string };
  hooks: { open: string; signed: string };
  webhooks: { taken: string; down: string };
  people: { grace: string; alan: string };
  links: { invitation: string; password: string };
}

/** As the definition has it. */
const NO_LIMITS: Schemas["LimitsBody"] = {
  timeout: null,
  attempts: null,
  cost_micro_usd: null,
  on_cost: "fail",
};

const PASSWORD = "quiet river lantern 7";

/** A client of the API that throws what is refused. */
function clientOf(server: Server, token: string) {
  const client = createClient<paths>({
    baseUrl: server.url,
    headers: { authorization: `Bearer ${token}` },
  });
  client.use({
    async onResponse({ request, response }) {
      if (response.ok) return;
      throw new Error(`${request.method} ${request.url}: ${await response.text()}`);
    },
  });
  return client;
}

type Client = ReturnType<typeof clientOf>;

/** The body of an answer. */
async function got<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) throw new Error("the answer is empty");
  return data;
}

/** A definition: the API's description leaves its form open. */
const free = (definition: unknown) => definition as Record<string, never>;

/** Asks until it holds. */
async function until<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  const late = Date.now() + 20_000;
  while (Date.now() < late) {
    const found = await ask();
    if (found !== null) return found;
    await new Promise((again) => setTimeout(again, 100));
  }
  throw new Error(`it did not come to be: ${what}`);
}

/** Fills a server on which nobody has set up yet. */
export async function fill(server: Server, outside: Outside): Promise<Store> {
  const [, setup] = server.setUp.split("#setup=");
  const owner = await got(
    clientOf(server, "").POST("/api/v1/auth/setup", {
      body: { token: setup ?? "", email: ADA.email, name: ADA.name, password: ADA.password },
    }),
  );
  const client = clientOf(server, owner.token ?? "");

  const people = await withPeople(server, client);
  await withConnections(client, outside);
  const pipelines = await withPipelines(client);
  const agents = await withAgents(client);
  const sending = await withWebhooks(client, outside);
  const starting = await withStarts(server, client, pipelines, agents);
  const runs = await withRuns(client, pipelines, agents.assistant, outside);
  const threads = await withThreads(client, agents.assistant);
  const open = await until("an approval is asked for", async () => {
    const { items } = await got(
      client.GET("/api/v1/approvals", { params: { query: { status: "open" } } }),
    );
    return items[0]?.id ?? null;
  });
  return {
    ...people,
    pipelines,
    agents,
    ...sending,
    ...starting,
    runs,
    threads,
    approvals: { open },
  };
}

async function withPeople(server: Server, client: Client) {
  const { items } = await got(client.GET("/api/v1/projects"));
  const main = items[0]?.id ?? "";
  const second = await got(client.POST("/api/v1/projects", { body: { name: "Spring catalogue" } }));
  const join = async (email: string, name: string, role: "operator" | "viewer") => {
    const { token } = await got(client.POST("/api/v1/invitations", { body: { email, role } }));
    const joined = await got(
      clientOf(server, "").POST("/api/v1/auth/accept", {
        body: { token: token ?? "", name, password: PASSWORD },
      }),
    );
    return joined.user.id;
  };
  const grace = await join("grace@example.com", "Grace Hopper", "operator");
  const alan = await join("alan@example.com", "Alan Turing", "viewer");
  await client.PUT("/api/v1/projects/{project_id}/members/{user_id}", {
    params: { path: { project_id: second.id, user_id: alan } },
    body: { role: "member" },
  });
  const invited = await got(
    client.POST("/api/v1/invitations", {
      body: { email: "katherine@example.com", role: "member" },
    }),
  );
  const link = await got(
    client.POST("/api/v1/users/{user_id}/password-link", { params: { path: { user_id: grace } } }),
  );
  return {
    projects: { main, second: second.id },
    people: { grace, alan },
    links: { invitation: `/#invite=${invited.token}`, password: `/#reset=${link.token}` },
  };
}

async function withConnections(client: Client, outside: Outside) {
  const secret = (name: string, value: string, hosts: string[] = []) =>
    client.PUT("/api/v1/secrets/{name}", {
      params: { path: { name } },
      body: { value, hosts },
    });
  await secret("anthropic_key", "sk-ant-0123456789");
  await secret("carrier_token", "nw-5512-8841", ["api.northway.example"]);
  await client.POST("/api/v1/providers", {
    body: {
      name: "anthropic",
      kind: "anthropic",
      key_secret: "anthropic_key",
      default_model: "claude-sonnet-4-5",
    },
  });
  await client.POST("/api/v1/providers", {
    body: { name: "office", kind: "openai_compatible", base_url: "http://127.0.0.1:8080/v1" },
  });
  const channel = (name: string, config: Schemas["ChannelConfig"]) =>
    client.POST("/api/v1/channels", { body: { name, config } });
  await channel("warehouse", {
    type: "slack",
    url: "https://hooks.slack.com/services/T000/B000/wArEhOuSe",
  });
  await channel("night shift", { type: "webhook", url: `${outside.url}/pager` });
  const key = (name: string, scopes: Schemas["Permission"][]) =>
    client.POST("/api/v1/api-keys", { body: { name, scopes } });
  await key("Nightly build", ["read", "run_start"]);
  await key("Reporting", ["read", "audit_read"]);
}

async function withPipelines(client: Client): Promise<Record<string, string>> {
  const texts: Record<string, string> = {
    catalogue: CATALOGUE,
    order: ORDER,
    prices: PRICES,
    contract: contract("sign_contract", "7d"),
    expiring: contract("sign_small_contract", "1s"),
    closing: CLOSING,
    ...Object.fromEntries(EXAMPLES.map((name) => [name, example(`${name}.yaml`)])),
  };
  const ids: Record<string, string> = {};
  for (const [name, text] of Object.entries(texts)) {
    const made = await got(client.POST("/api/v1/pipelines", { body: parse(text) }));
    ids[name] = made.id;
  }
  return ids;
}

async function withAgents(client: Client) {
  const make = (body: Record<string, unknown>) =>
    got(client.POST("/api/v1/agents", { body: free(body) }));
  const assistant = await make({
    name: "assistant",
    model: "scripted/assistant",
    persona: "You help the sales office of a trading company.",
    instructions: "Answer shortly. Give dates and order numbers.",
    tools: ["artifact_save"],
    limits: { turns: 8, cost: 0.5 },
  });
  const buyer = await make({
    name: "buyer",
    model: "anthropic/claude-sonnet-4-5",
    fallbacks: ["scripted/demo"],
    persona: "You buy what runs out.",
    instructions: "Compare three offers before you suggest one.",
  });
  const changed = await got(
    client.GET("/api/v1/agents/{agent_id}", { params: { path: { agent_id: assistant.id } } }),
  );
  await client.PATCH("/api/v1/agents/{agent_id}", {
    params: {
      path: { agent_id: assistant.id },
      header: { "If-Match": `"${changed.version}"` },
    },
    body: free({ temperature: 0.2 }),
  });
  return { assistant: assistant.id, buyer: buyer.id };
}

async function withWebhooks(client: Client, outside: Outside) {
  const make = async (path: string, description: string, events: string[]) => {
    const { webhook } = await got(
      client.POST("/api/v1/webhooks", {
        body: { url: `${outside.url}${path}`, description, events },
      }),
    );
    return webhook.id;
  };
  const taken = await make("/events", "Bookkeeping: what is approved", ["approval.*"]);
  const down = await make("/down", "The old reporting system", ["run.failed"]);
  return { webhooks: { taken, down } };
}

async function withStarts(
  server: Server,
  client: Client,
  pipelines: Record<string, string>,
  agents: Store["agents"],
) {
  const notes: Schemas["Startable"] = {
    type: "pipeline",
    pipeline_id: pipelines["release-notes"] ?? "",
  };
  const input = { version: "1.6", log: "9f1c2ab calendar: Show two weeks at once" };
  const schedule = async (body: Schemas["ScheduleDocument"]) =>
    (await got(client.POST("/api/v1/schedules", { body }))).id;
  const weekdays = await schedule({
    name: "Release notes on weekdays",
    timing: { type: "cron", expression: "30 8 * * MON-FRI", zone: "Europe/Paris" },
    action: { ...notes, input },
    policy: { overlap: "queue", jitter: "2m", retry: { attempts: 3 } },
  });
  const interval = await schedule({
    name: "Ask for late orders",
    timing: { type: "interval", every: "4h" },
    action: { type: "agent", agent_id: agents.assistant, task: "Which orders are late?" },
  });
  const once = await schedule({
    name: "Stocktaking",
    timing: { type: "once", at: new Date(Date.now() + 20 * 86_400_000).toISOString() },
    action: { type: "pipeline", pipeline_id: pipelines.closing ?? "", input: { till: 1 } },
  });
  const request = await schedule({
    name: "Month is over",
    timing: { type: "cron", expression: "0 18 L * *", zone: "Europe/Paris" },
    action: {
      type: "action",
      config: free({ kind: "emit_event", subject: "month.over" }),
    },
  });
  for (const id of [weekdays, interval, request]) {
    await client.POST("/api/v1/schedules/{schedule_id}/trigger", {
      params: { path: { schedule_id: id } },
    });
  }
  await client.POST("/api/v1/schedules/{schedule_id}/pause", {
    params: { path: { schedule_id: request } },
  });

  const failures = await got(
    client.POST("/api/v1/triggers", {
      body: {
        name: "Look into failures",
        subjects: ["run.failed"],
        filter: "event.run_id is not none",
        starts: { type: "agent", agent_id: agents.assistant },
        per_minute: 60,
        input: { task: "Say in a sentence why run {{ event.run_id }} failed." },
      },
    }),
  );
  const hook = async (body: Schemas["CreateHookBody"]) =>
    got(client.POST("/api/v1/hooks", { body }));
  const open = await hook({
    name: "Shop orders",
    starts: notes,
    filter: "request.body.version is defined",
    input: { version: "{{ request.body.version }}", log: "{{ request.body.log }}" },
  });
  const secret = "a long random text of the shop";
  const signed = await hook({
    name: "Pushes to the main branch",
    starts: notes,
    verification: { type: "hmac_sha256", header: "x-signature", prefix: "sha256=", secret },
    input,
  });
  const call = (path: string | null | undefined, body: unknown, signature?: string) =>
    fetch(`${server.url}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(signature && { "x-signature": signature }),
      },
      body: JSON.stringify(body),
    });
  const push = { ref: "refs/heads/main" };
  const proof = createHmac("sha256", secret).update(JSON.stringify(push)).digest("hex");
  await call(open.path, input);
  await call(open.path, { ping: true });
  await call(signed.path, push, `sha256=${proof}`);
  await call(signed.path, push, "sha256=00");
  return {
    schedules: { weekdays, interval, once, request },
    triggers: { failures: failures.id },
    hooks: { open: open.id, signed: signed.id },
  };
}

async function withRuns(
  client: Client,
  pipelines: Record<string, string>,
  agent: string,
  outside: Outside,
) {
  const start = async (name: string, input: unknown, timeout: string | null = null) => {
    const run = await got(
      client.POST("/api/v1/pipelines/{pipeline_id}/runs", {
        params: { path: { pipeline_id: pipelines[name] ?? "" } },
        body: { input, limits: { ...NO_LIMITS, timeout } },
      }),
    );
    return run.id;
  };
  const comes = async (id: string, as: Schemas["RunStatus"] | Schemas["Waiting"]) => {
    const path = { run_id: id };
    return until(`run ${id} is ${as}`, async () => {
      const run = await got(client.GET("/api/v1/runs/{run_id}", { params: { path } }));
      return run.status === as || run.waiting === as ? id : null;
    });
  };
  const log = example("release-notes.log.txt");
  const [head, ...lines] = example("support-triage.tickets.csv").trim().split("\n");
  if (head !== "id,customer,text") throw new Error(`other columns: ${head}`);
  const tickets = lines.map((line) => {
    const [id, customer, ...text] = line.split(",");
    return { id, customer, text: text.join(",").replaceAll('"', "") };
  });
  const webhook = `${outside.url}/page`;

  for (const version of ["1.3", "1.4"]) await start("release-notes", { version, log });
  const ids = {
    succeeded: await start("release-notes", { version: "1.5", log }),
    brief: await start("research-brief", parse(example("research-brief.input.yaml"))),
    failed: await start("prices", { supplier: "Fjord Kayaks", prices: [12.5, "on request"] }),
    child: await start("catalogue", { season: "spring" }),
    running: "",
    queued: "",
    cancelled: await start("closing", { till: 3 }),
    timed_out: await start("closing", { till: 2 }, "1s"),
    approval: await start("support-triage", { tickets, webhook }),
    unknown: await start("order", { supplier: outside.url, article: "Hinges", pieces: 400 }),
    timer: await start("closing", { till: 1 }),
  };
  const answering = await got(
    client.POST("/api/v1/runs", {
      body: {
        what: { type: "agent", agent_id: agent },
        input: { task: "Compare all carriers, even if it takes long." },
        limits: NO_LIMITS,
      },
    }),
  );
  ids.running = answering.id;
  await comes(ids.running, "running");
  await comes(ids.child, "child");
  ids.queued = await start("catalogue", { season: "autumn" });
  await client.POST("/api/v1/runs/{run_id}/cancel", {
    params: { path: { run_id: ids.cancelled } },
    body: { reason: "The shop stays open tonight" },
  });
  await start("expiring", { supplier: "Granary Foods", yearly_cost: "1,200 €" });
  await start("contract", { supplier: "Northway Freight", yearly_cost: "48,000 €" });
  const decided = await start("support-triage", { tickets: tickets.slice(0, 3), webhook });
  await comes(decided, "approval");
  const { items } = await got(
    client.GET("/api/v1/runs/{run_id}/approvals", { params: { path: { run_id: decided } } }),
  );
  await client.POST("/api/v1/approvals/{approval_id}/decide", {
    params: { path: { approval_id: items[0]?.id ?? "" } },
    body: { answer: "approved", note: "The refund cannot wait." },
  });
  for (const status of ["succeeded", "failed", "cancelled", "timed_out"] as const) {
    await comes(ids[status], status);
  }
  await comes(ids.brief, "succeeded");
  await comes(ids.approval, "approval");
  await comes(ids.unknown, "unknown_outcome");
  await comes(ids.timer, "timer");
  await until("an approval has expired", async () => {
    const expired = await got(
      client.GET("/api/v1/approvals", { params: { query: { status: "expired" } } }),
    );
    return expired.items[0] ?? null;
  });
  return ids;
}

async function withThreads(client: Client, agent: string) {
  const open = async (title: string) => {
    const thread = await got(
      client.POST("/api/v1/agents/{agent_id}/threads", {
        params: { path: { agent_id: agent } },
        body: { title },
      }),
    );
    return thread.id;
  };
  const say = (thread: string, text: string, wait?: string) =>
    client.POST("/api/v1/threads/{thread_id}/messages", {
      params: { path: { thread_id: thread }, ...(wait && { query: { wait } }) },
      body: { text },
    });
  const answered = await open("Late orders this week");
  await say(answered, "Which orders are late, and what do we do about it?", "15s");
  await say(answered, "Please write the letter to Mrs Okafor.", "15s");
  const writing = await open("Comparison of the carriers");
  await say(writing, "Compare all carriers of the last year, even if it takes long.");
  return { answered, writing };
}
