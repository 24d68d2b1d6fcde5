// An agent is made and written to: what it writes is seen to grow, it calls a tool, is stopped, and goes on.

import { expect, expectPage, test } from "./journey";

const STORY = Array.from({ length: 400 }, (_, place) => `word${place}`).join(" ");

test.use({
  files: {
    "data/scripts/helper.script.yaml": `
script: 1
rules:
  - when: { user: "how much is", answers: 0 }
    reply:
      text: "I work it out."
      calls:
        - { tool: calculate, arguments: { expression: "6 * 7" } }
  - when: { result_of: calculate }
    reply: { text: "It is **42**." }
  - when: { user: "long story" }
    reply: { text: "${STORY}" }
    delay: { first: 500ms, token: 100ms }
  - when: { user: "shorter" }
    reply: { text: "Once upon a time they lived happily." }
`,
  },
});

test("an agent is made, answers, is stopped and goes on", async ({ ada }) => {
  await ada.getByRole("link", { name: "Agents" }).click();
  await ada.getByRole("button", { name: "New agent" }).click();
  const form = ada.getByRole("dialog", { name: "New agent" });
  await form.getByLabel("Name", { exact: true }).fill("Helper");
  await form.getByLabel("Model", { exact: true }).fill("scripted/helper");
  await form.getByLabel("Instructions").fill("Help.");
  await form.getByRole("checkbox", { name: "calculate" }).check();
  await form.getByRole("button", { name: "Create" }).click();
  await expect(form.getByLabel("Name", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await form.getByLabel("Name", { exact: true }).fill("helper");
  await form.getByRole("button", { name: "Create" }).click();
  await expectPage(ada, "helper");

  const message = ada.getByLabel("Your message");
  const answers = ada.getByRole("article", { name: "The agent" });
  await message.fill("How much is six times seven?");
  await message.press("Enter");
  await expect(answers.first()).toContainText("It is 42.");
  await expect(answers.first().getByRole("strong")).toHaveText("42");
  await expect(message).toBeFocused();
  await answers.first().getByText("Calls “calculate”").click();
  await expect(answers.first().getByRole("region", { name: "Arguments" })).toContainText("6 * 7");
  await expect(answers.first().getByRole("region", { name: "Result" })).toContainText("42");

  await message.fill("Now a long story.");
  await message.press("Enter");
  const story = answers.nth(1);
  const words = async () => (await story.textContent())?.match(/word\d/g)?.length ?? 0;
  await expect.poll(words).toBeGreaterThan(0);
  const begun = await words();
  await expect.poll(words).toBeGreaterThan(begun + 5);
  await expect(story).not.toContainText("word399");
  await story.getByRole("button", { name: "Stop" }).click();
  await expect(story).toContainText("Cancelled");
  await expect(story).not.toContainText("word399");

  await message.fill("A shorter one.");
  await message.press("Enter");
  await expect(answers.nth(2)).toContainText("Once upon a time they lived happily.");

  await ada.reload();
  await expect(answers).toHaveCount(3);
  await expect(answers.nth(2)).toContainText("Once upon a time");
});
