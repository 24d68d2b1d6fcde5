// A run is started, watched live, answered from another tab, and seen to end.

import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { api, expect, expectPage, test } from "./journey";

const EXAMPLES = "../../../examples";
const PIPELINE = readFileSync(`${EXAMPLES}/support-triage.yaml`, "utf8");
const SCRIPT = readFileSync(`${EXAMPLES}/support-triage.script.yaml`, "utf8");

test.use({
  settings: { GATHERING_EGRESS_ALLOW_PRIVATE: "127.0.0.1" },
  // The example's answers, so slow that a person can watch.
  files: { "data/scripts/support-triage.script.yaml": SCRIPT.replaceAll("30ms", "3s") },
});

const node = (page: Page, name: string) =>
  page.getByRole("button", { name: new RegExp(`^${name}\\b`) });

test("a run is watched and answered from another tab", async ({ ada, target }) => {
  await (await api(ada)).yaml("/api/v1/pipelines", PIPELINE);
  await ada.getByRole("link", { name: "Pipelines" }).click();
  await ada.getByRole("link", { name: "support_triage" }).click();
  await ada.getByRole("button", { name: "Run" }).click();
  const form = ada.getByRole("dialog");
  await form
    .getByLabel("tickets")
    .fill('[{ "id": "t1", "text": "I was charged twice" }, { "id": "t2", "text": "Thank you" }]');
  await form.getByRole("button", { name: "Start" }).click();
  await expect(form.getByLabel("webhook")).toHaveAttribute("aria-invalid", "true");
  await form.getByLabel("webhook").fill(`${target.url}/page`);
  await form.getByRole("button", { name: "Start" }).click();
  await expectPage(ada, /support_triage/);

  await expect(node(ada, "sort")).toContainText("Running");
  await expect(node(ada, "ask")).toContainText("Pending");
  await expect(node(ada, "sort")).toContainText("Succeeded");
  await expect(node(ada, "keep")).toContainText("Succeeded");
  await expect(node(ada, "ask")).toContainText("Waiting");
  await expect(ada.getByRole("main").getByText("Waiting for approval").first()).toBeVisible();

  const inbox = await ada.context().newPage();
  await inbox.goto("/");
  await inbox.getByRole("link", { name: "Page the on-call for 1 urgent tickets?" }).click();
  const asked = inbox.getByRole("article", { name: "Page the on-call for 1 urgent tickets?" });
  await asked.getByLabel("Note for the record").fill("Money is at stake.");
  await asked.getByRole("button", { name: "Approve" }).click();
  await expect(asked).toContainText("Answered “Approve” by Ada Lovelace");
  await inbox.getByRole("link", { name: "Approvals" }).click();
  await expect(inbox.getByText("Nothing is waiting for you")).toBeVisible();

  await expect(node(ada, "page")).toContainText("Succeeded");
  await expect(node(ada, "quiet")).toContainText("Skipped");
  await expect(ada.getByRole("main").getByText("Succeeded").first()).toBeVisible();
  expect(target.count("/page")).toBe(1);
});
