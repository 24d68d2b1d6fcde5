// The example of support triage is built, mended where it is faulty, saved and run without a mouse.

import type { Locator, Page } from "@playwright/test";
import { asWritten, canvasOf, EXAMPLE, fieldOf, formOf, nodeOn, SCRIPT } from "./editor";
import { api, expect, expectPage, test } from "./journey";

test.use({
  viewport: { width: 1400, height: 1000 },
  files: { "data/scripts/support-triage.script.yaml": SCRIPT },
});

/** More than a page has places for the focus. */
const MOST_TABS = 150;

/** Where something is, as seen from what has the focus: the key that leads there; none if it is there. */
function wayTo(wanted: Element): "Tab" | "Shift+Tab" | null {
  const focused = document.activeElement;
  if (focused === wanted) return null;
  const before = Node.DOCUMENT_POSITION_PRECEDING;
  return focused && focused.compareDocumentPosition(wanted) & before ? "Shift+Tab" : "Tab";
}

/** Goes on with Tab, or back, until something has the focus. */
async function tabTo(page: Page, wanted: Locator) {
  for (let pressed = 0; pressed < MOST_TABS; pressed++) {
    const key = await wanted.evaluate(wayTo);
    if (key === null) return;
    await page.keyboard.press(key);
  }
  throw new Error(`Tab does not lead to ${wanted}`);
}

/** Writes a value into a field, or chooses it there, and is in the field. */
async function put(page: Page, form: Locator, label: string, value: unknown) {
  const field = fieldOf(form, label);
  await tabTo(page, field);
  const isChoice = await field.evaluate((element) => element instanceof HTMLSelectElement);
  if (isChoice) {
    await page.keyboard.type(String(value));
    return expect(field.locator("option:checked")).toHaveText(String(value));
  }
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(asWritten(value));
}

/** Leaves the form for the node that it is of; a list of completions closes first. */
async function leaveForm(page: Page, id: string) {
  await expect(async () => {
    await page.keyboard.press("Escape");
    await expect(nodeOn(page, id)).toBeFocused({ timeout: 500 });
  }).toPass();
}

/** Goes to a node of the canvas, from another. */
async function find(page: Page, id: string) {
  await page.keyboard.press("f");
  await pick(page, "Find a node", id);
  await expect(nodeOn(page, id)).toBeFocused();
}

/** Adds a node after another, and is in its form once it has the id. */
async function addAfter(page: Page, after: string, type: string, id: string) {
  await find(page, after);
  await page.keyboard.press("a");
  await pick(page, `Add a node after ${after}`, type);
  await expect(nodeOn(page, type)).toBeFocused();
  await page.keyboard.press("e");
  const name = fieldOf(formOf(page), "Id");
  await expect(name).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(id);
  await page.keyboard.press("Enter");
  await expect(nodeOn(page, id)).toBeVisible();
}

/** Chooses from the list that has opened, by writing. */
async function pick(page: Page, list: string, wanted: string) {
  const dialog = page.getByRole("dialog", { name: list });
  await expect(dialog.getByRole("combobox")).toBeFocused();
  await page.keyboard.type(wanted);
  await expect(dialog.getByRole("option").first()).toContainText(wanted);
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
}

interface Case {
  name: string;
  when: string;
}

/** After which node each of the others is added. */
const AFTER: Record<string, string> = {
  sort: "start",
  keep: "sort",
  urgency: "sort",
  ask: "urgency",
  page: "ask",
  quiet: "urgency",
};

test("a pipeline is built with the keyboard", async ({ ada }) => {
  await ada.keyboard.press("Control+k");
  await pick(ada, "Search or act", "Pipelines");
  await expectPage(ada, "Pipelines");
  await tabTo(ada, ada.getByRole("button", { name: "New pipeline" }).first());
  await ada.keyboard.press("Enter");
  await tabTo(ada, ada.getByRole("dialog", { name: "New pipeline" }).getByLabel("Name"));
  await ada.keyboard.type(EXAMPLE.name);
  await ada.keyboard.press("Enter");
  await expectPage(ada, `Edit ${EXAMPLE.name}`);

  const faults = ada.getByRole("region", { name: "Problems" });
  const form = formOf(ada);
  for (const [part, label] of [
    ["inputs", "Schema of the input"],
    ["agents", "Agents in the file"],
    ["limits", "Limits"],
    ["outputs", "Output"],
  ] as const) {
    await put(ada, form, label, EXAMPLE[part]);
  }
  await tabTo(ada, canvasOf(ada));

  for (const { id, type, config = {}, input, ...around } of EXAMPLE.nodes.slice(1)) {
    await addAfter(ada, AFTER[id] ?? "start", type, id);
    if (id === "sort") {
      await expect(nodeOn(ada, id)).toContainText("`over` is missing");
      await put(ada, form, "over", "input.ticket s");
      await expect(nodeOn(ada, id)).not.toContainText("is missing");
      await expect(form.getByRole("alert").first()).toBeVisible();
    }
    const { kind, cases = [], ...settings } = config;
    if (kind) await put(ada, form, "Kind", kind);
    for (const [at, one] of (cases as Case[]).entries()) {
      await tabTo(ada, form.getByRole("button", { name: "Add to cases" }));
      await ada.keyboard.press("Enter");
      const row = form.getByRole("group", { name: `cases ${at + 1}` });
      await put(ada, row, "name", one.name);
      await put(ada, row, "when", one.when);
    }
    const fields = { ...settings, ...(input && { input }), ...around };
    for (const [name, value] of Object.entries(fields)) await put(ada, form, name, value);
    await leaveForm(ada, id);
    if (id === "ask") {
      await find(ada, "urgency");
      await ada.keyboard.press("c");
      await pick(ada, "When is the edge from urgency followed?", "some");
      await pick(ada, "Connect urgency at some to", "ask");
      await expect(nodeOn(ada, "urgency")).toBeFocused();
    }
  }
  await expect(faults).toContainText("No problems");

  await tabTo(ada, ada.getByRole("button", { name: "Save", exact: true }));
  await ada.keyboard.press("Enter");
  await expect(ada.getByText("Not saved")).toHaveCount(0);
  const { items } = await (await api(ada)).get("/api/v1/pipelines");
  const { definition } = await (await api(ada)).get(`/api/v1/pipelines/${items[0].id}`);
  const { edges, ...rest } = EXAMPLE;
  expect(definition).toMatchObject(rest);
  expect(definition.edges).toHaveLength(edges.length);
  expect(definition.edges).toEqual(expect.arrayContaining(edges));

  await tabTo(ada, ada.getByRole("button", { name: "Run", exact: true }));
  await ada.keyboard.press("Enter");
  const start = ada.getByRole("dialog", { name: "Run “support_triage”" });
  await tabTo(ada, start.getByLabel("tickets"));
  await ada.keyboard.insertText('[{ "id": "t1", "text": "Thank you" }]');
  await tabTo(ada, start.getByLabel("webhook"));
  await ada.keyboard.type("https://hooks.example.com/page");
  await tabTo(ada, start.getByRole("button", { name: "Start" }));
  await ada.keyboard.press("Enter");
  await expectPage(ada, /support_triage/);
  await expect(ada.getByRole("button", { name: /^quiet\b/ })).toContainText("Succeeded");
  await expect(ada.getByRole("button", { name: /^page\b/ })).toContainText("Skipped");
});
