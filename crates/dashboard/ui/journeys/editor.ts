// The editor of pipelines as journeys use it.

import { readFileSync } from "node:fs";
import type { Locator, Page } from "@playwright/test";
import { parse, stringify } from "yaml";
import { expect, expectPage } from "./journey";

const EXAMPLES = "../../../examples";

/** The example that is built. */
export const EXAMPLE = parse(readFileSync(`${EXAMPLES}/support-triage.yaml`, "utf8"));

/** What its model answers. */
export const SCRIPT = readFileSync(`${EXAMPLES}/support-triage.script.yaml`, "utf8");

/** The canvas. */
export const canvasOf = (page: Page) => page.getByRole("application", { name: "Canvas" });

/** A node on the canvas. */
export const nodeOn = (page: Page, id: string) =>
  canvasOf(page).getByRole("group", { name: new RegExp(`^${id}, `) });

/** The form of what is selected. */
export const formOf = (page: Page) => page.getByRole("group", { name: "Form", exact: true });

/** A field of a form, be it optional or not. */
export const fieldOf = (form: Locator, label: string) =>
  form.getByLabel(new RegExp(`^${label}( ?optional)?$`));

/** A value as one writes it: what is no text, as YAML. */
export function asWritten(value: unknown): string {
  return typeof value === "object" ? stringify(value) : String(value);
}

/** Writes a value into a field of a form, or chooses it there. */
export async function write(form: Locator, label: string, value: unknown) {
  const field = fieldOf(form, label);
  const isChoice = await field.evaluate((element) => element instanceof HTMLSelectElement);
  if (isChoice) await field.selectOption(String(value));
  else await field.fill(asWritten(value));
}

/** Makes an empty pipeline, and is in its editor. */
export async function makePipeline(page: Page, name: string) {
  await page.getByRole("link", { name: "Pipelines" }).click();
  await page.getByRole("button", { name: "New pipeline" }).first().click();
  const form = page.getByRole("dialog", { name: "New pipeline" });
  await form.getByLabel("Name").fill(name);
  await form.getByRole("button", { name: "Create" }).click();
  await expectPage(page, `Edit ${name}`);
  await expect(nodeOn(page, "start")).toBeVisible();
}
