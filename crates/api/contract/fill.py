"""Fills a fresh server with a few of each thing, through its API, so that there is something to look at."""

import json
import os

import requests

SERVER = os.environ["CONTRACT_SERVER"]
OWNER = os.environ["CONTRACT_OWNER"]
PASSWORD = os.environ["CONTRACT_PASSWORD"]

ECHO = {
    "name": "echo",
    "inputs": {"type": "object", "properties": {"n": {"type": "integer"}}},
    "nodes": [
        {"id": "start", "type": "trigger"},
        {"id": "answer", "type": "transform", "config": {"value": "{{ input.n }}"}},
    ],
    "edges": [{"from": "start", "to": "answer"}],
}
ASK = {
    "name": "ask",
    "nodes": [
        {"id": "start", "type": "trigger"},
        {"id": "ask", "type": "approval", "config": {"title": "Go on?"}},
        {"id": "go", "type": "transform", "config": {"value": 1}},
        {"id": "stop", "type": "transform", "config": {"value": 0}},
    ],
    "edges": [
        {"from": "start", "to": "ask"},
        {"from": "ask", "to": "go", "when": "approved"},
        {"from": "ask", "to": "stop", "when": "rejected"},
    ],
}


def main():
    session = requests.Session()

    def send(method, path, body=None):
        answer = session.request(method, f"{SERVER}{path}", json=body, timeout=60)
        if not answer.ok:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def post(path, body):
        return send("POST", path, body)

    signed_in = post("/api/v1/auth/login", {"email": OWNER, "password": PASSWORD})
    session.headers["Authorization"] = f"Bearer {signed_in['token']}"
    project = post("/api/v1/projects", {"name": "Research"})["id"]
    home = next(item["id"] for item in send("GET", "/api/v1/projects")["items"] if item["name"] == "default")
    member = {"email": "grace@example.com", "role": "member", "projects": [{"project_id": home, "role": "member"}]}
    invited = post("/api/v1/invitations", member)
    accepted = {"token": invited["token"], "name": "Grace", "password": PASSWORD}
    grace = requests.post(f"{SERVER}/api/v1/auth/accept", json=accepted, timeout=60).json()["user"]["id"]
    send("PUT", f"/api/v1/projects/{project}/members/{grace}", {"role": "viewer"})
    post("/api/v1/invitations", {"email": "mary@example.com", "role": "viewer"})
    post("/api/v1/api-keys", {"name": "robot", "scopes": ["read"]})
    send("PUT", "/api/v1/secrets/TOKEN", {"value": "not so secret", "hosts": ["api.example.com"]})
    post("/api/v1/providers", {"name": "own", "kind": "scripted", "default_model": "demo"})

    channel = {"name": "ops", "config": {"type": "webhook", "url": "https://example.com/notify"}}
    channel = post("/api/v1/channels", channel)["id"]

    # What never happens: nothing is sent on its own.
    webhook = {"url": "https://example.com/events", "events": ["orders.paid"]}
    webhook = post("/api/v1/webhooks", webhook)["webhook"]["id"]

    agent = post("/api/v1/agents", {"name": "helper", "model": "scripted/demo", "instructions": "Help."})["id"]
    thread = post(f"/api/v1/agents/{agent}/threads", {"title": "A question"})["id"]
    post(f"/api/v1/threads/{thread}/messages?wait=20s", {"text": "What is there?"})
    echo = post("/api/v1/pipelines", ECHO)["id"]
    post(f"/api/v1/pipelines/{echo}/runs?wait=20s", {"input": {"n": 7}})
    ask = post("/api/v1/pipelines", ASK)["id"]
    for _ in range(3):
        post(f"/api/v1/pipelines/{ask}/runs", {})
    daily = {"type": "interval", "every": "1d"}
    starts_echo = {"type": "pipeline", "pipeline_id": echo, "input": {"n": 1}}
    schedule = post("/api/v1/schedules", {"name": "daily", "timing": daily, "action": starts_echo})["id"]
    post(f"/api/v1/schedules/{schedule}/trigger", None)
    starts = {"type": "pipeline", "pipeline_id": echo}
    hook = post("/api/v1/hooks", {"name": "orders", "starts": starts, "input": {"n": 7}})
    trigger = {"name": "paid", "subjects": ["orders.paid"], "starts": starts, "input": {"n": 7}}
    trigger = post("/api/v1/triggers", trigger)["id"]
    post("/api/v1/tools/calculate/invoke", {"arguments": {"expression": "6 * 7"}})

    def ids(path):
        return [item["id"] for item in send("GET", path)["items"]]

    known = {
        "agent_id": [agent],
        "agent_version_id": ids(f"/api/v1/agents/{agent}/versions"),
        "approval_id": ids("/api/v1/approvals"),
        "channel_id": [channel],
        "webhook_id": [webhook],
        "pipeline_id": [echo, ask],
        "pipeline_version_id": ids(f"/api/v1/pipelines/{echo}/versions"),
        "project_id": [project],
        "run_id": ids("/api/v1/runs"),
        "schedule_id": [schedule],
        "hook_id": [hook["id"]],
        "token": [hook["token"]],
        "trigger_id": [trigger],
        "thread_id": [thread],
        "user_id": [grace],
        "providers": ["own", "scripted"],
        "secrets": ["TOKEN"],
        "tools": ["calculate"],
    }
    with open(os.environ["CONTRACT_KNOWN"], "w", encoding="utf-8") as file:
        json.dump(known, file)


main()
