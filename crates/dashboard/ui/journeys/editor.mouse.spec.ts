// The example of support triage is built on the canvas, mended where it is faulty, saved and run.

import type { Page } from "@playwright/test";
import { canvasOf, EXAMPLE, formOf, makePipeline, nodeOn, SCRIPT, write } from "./editor";
import { api, expect, expectPage, test } from "./journey";

test.use({
  viewport: { width: 1400, height: 1000 },
  files: { "data/scripts/support-triage.script.yaml": SCRIPT },
});

/** Where each node is dropped, in parts of the canvas. */
const PLACES: Record<string, [number, number]> = {
  sort: [0.5, 0.15],
  keep: [0.8, 0.12],
  urgency: [0.8, 0.35],
  ask: [0.75, 0.6],
  page: [0.45, 0.8],
  quiet: [0.15, 0.8],
};

interface Case {
  name: string;
  when: string;
}

/** Drags from the middle of one thing to the middle of another. */
async function drag(page: Page, from: string, to: string) {
  const middle = async (label: string) => {
    const box = await page.getByLabel(label, { exact: true }).boundingBox();
    if (!box) throw new Error(`${label} is not to be seen`);
    return [box.x + box.width / 2, box.y + box.height / 2] as const;
  };
  const [start, end] = [await middle(from), await middle(to)];
  await page.mouse.move(...start);
  await page.mouse.down();
  await page.mouse.move(...end, { steps: 8 });
  await page.mouse.up();
}

test("a pipeline is built with the mouse", async ({ ada }) => {
  await makePipeline(ada, EXAMPLE.name);
  const canvas = canvasOf(ada);
  const form = formOf(ada);
  const faults = ada.getByRole("region", { name: "Problems" });
  await ada.getByRole("button", { name: "Zoom out" }).click();
  await ada.getByRole("button", { name: "Zoom out" }).click();

  // The pipeline itself: what it takes, who works in it, what it gives.
  for (const [part, label] of [
    ["inputs", "Schema of the input"],
    ["agents", "Agents in the file"],
    ["limits", "Limits"],
  ] as const) {
    await write(form, label, EXAMPLE[part]);
  }

  const box = await canvas.boundingBox();
  if (!box) throw new Error("there is no canvas");
  for (const { id, type, config = {}, input, ...around } of EXAMPLE.nodes.slice(1)) {
    const [x, y] = PLACES[id] ?? [0.5, 0.5];
    const targetPosition = { x: box.width * x, y: box.height * y };
    await ada.getByRole("button", { name: type, exact: true }).dragTo(canvas, { targetPosition });
    await write(form, "Id", id);
    await form.getByLabel("Id", { exact: true }).press("Enter");
    await expect(nodeOn(ada, id)).toBeVisible();
    if (id === "sort") {
      await drag(ada, "Output of start", "Input of sort");
      await expect(nodeOn(ada, "sort")).toContainText("`over` is missing");
      await expect(faults).toContainText("`over` is missing");
      await nodeOn(ada, "sort").click();
      await write(form, "over", "input.ticket s");
      await expect(nodeOn(ada, "sort")).not.toContainText("is missing");
      await expect(form.getByRole("alert").first()).toBeVisible();
    }
    const { kind, cases = [], ...settings } = config;
    if (kind) await write(form, "Kind", kind);
    for (const [at, one] of (cases as Case[]).entries()) {
      await form.getByRole("button", { name: "Add to cases" }).click();
      const row = form.getByRole("group", { name: `cases ${at + 1}` });
      await write(row, "name", one.name);
      await write(row, "when", one.when);
    }
    const fields = { ...settings, ...(input && { input }), ...around };
    for (const [name, value] of Object.entries(fields)) await write(form, name, value);
  }

  for (const { from, to, when } of EXAMPLE.edges) {
    if (from === "start") continue;
    await drag(ada, when ? `Output ${when} of ${from}` : `Output of ${from}`, `Input of ${to}`);
  }
  await canvas.click({ position: { x: box.width * 0.1, y: box.height * 0.3 } });
  await write(form, "Output", EXAMPLE.outputs);
  await expect(faults).toContainText("No problems");
  await ada.getByRole("button", { name: "Lay out" }).click();

  await ada.getByRole("button", { name: "Save", exact: true }).click();
  await expect(ada.getByText("Not saved")).toHaveCount(0);
  const { items } = await (await api(ada)).get("/api/v1/pipelines");
  const { definition } = await (await api(ada)).get(`/api/v1/pipelines/${items[0].id}`);
  expect(definition.edges).toEqual(EXAMPLE.edges);
  expect(definition).toMatchObject(EXAMPLE);

  await ada.getByRole("button", { name: "Run", exact: true }).click();
  const start = ada.getByRole("dialog", { name: "Run “support_triage”" });
  await start.getByLabel("tickets").fill('[{ "id": "t1", "text": "Thank you" }]');
  await start.getByLabel("webhook").fill("https://hooks.example.com/page");
  await start.getByRole("button", { name: "Start" }).click();
  await expectPage(ada, /support_triage/);
  await expect(ada.getByRole("button", { name: /^quiet\b/ })).toContainText("Succeeded");
  await expect(ada.getByRole("button", { name: /^page\b/ })).toContainText("Skipped");
});
