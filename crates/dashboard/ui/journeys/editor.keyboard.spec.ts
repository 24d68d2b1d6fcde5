// A pipeline is made, connected, mended, saved and run without a mouse.

import type { Locator, Page } from "@playwright/test";
import { canvasOf, fieldOf, formOf, nodeOn } from "./editor";
import { expect, expectPage, test } from "./journey";

/** More than a page has places for the focus. */
const MOST_TABS = 150;

/** Goes on with Tab until something has the focus. */
async function tabTo(page: Page, wanted: Locator) {
  for (let pressed = 0; pressed < MOST_TABS; pressed++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${wanted}`);
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

test("a pipeline is built with the keyboard", async ({ ada }) => {
  await ada.keyboard.press("Control+k");
  await pick(ada, "Search or act", "Pipelines");
  await expectPage(ada, "Pipelines");
  await tabTo(ada, ada.getByRole("button", { name: "New pipeline" }).first());
  await ada.keyboard.press("Enter");
  await tabTo(ada, ada.getByRole("dialog", { name: "New pipeline" }).getByLabel("Name"));
  await ada.keyboard.type("by_hand");
  await ada.keyboard.press("Enter");
  await expectPage(ada, "Edit by_hand");

  const faults = ada.getByRole("region", { name: "Problems" });
  const form = formOf(ada);
  await tabTo(ada, canvasOf(ada));
  await ada.keyboard.press("f");
  await pick(ada, "Find a node", "start");
  await expect(nodeOn(ada, "start")).toBeFocused();
  await ada.keyboard.press("a");
  await pick(ada, "Add a node after start", "delay");
  await expect(nodeOn(ada, "delay")).toBeFocused();
  await ada.keyboard.press("f");
  await pick(ada, "Find a node", "start");
  await expect(nodeOn(ada, "start")).toBeFocused();
  await ada.keyboard.press("a");
  await pick(ada, "Add a node after start", "transform");
  await expect(nodeOn(ada, "transform")).toBeFocused();
  await ada.keyboard.press("f");
  await pick(ada, "Find a node", "delay");
  await expect(nodeOn(ada, "delay")).toBeFocused();
  await ada.keyboard.press("c");
  await pick(ada, "When is the edge from delay followed?", "always");
  await pick(ada, "Connect delay to", "transform");
  await expect(nodeOn(ada, "delay")).toBeFocused();
  await expect(faults).toContainText("Problems: ");
  await expect(nodeOn(ada, "delay")).toContainText("exactly one of `for` and `until`");

  await ada.keyboard.press("e");
  await expect(fieldOf(form, "Id")).toBeFocused();
  await tabTo(ada, fieldOf(form, "for"));
  await ada.keyboard.type("1s");
  await expect(nodeOn(ada, "delay")).not.toContainText("exactly one");
  await ada.keyboard.press("Escape");
  await expect(nodeOn(ada, "delay")).toBeFocused();

  await ada.keyboard.press("f");
  await pick(ada, "Find a node", "transform");
  await expect(nodeOn(ada, "transform")).toBeFocused();
  await ada.keyboard.press("e");
  await expect(fieldOf(form, "Id")).toHaveValue("transform");
  await tabTo(ada, fieldOf(form, "value"));
  await ada.keyboard.type("done");
  await expect(faults).toContainText("No problems");

  await tabTo(ada, ada.getByRole("button", { name: "Save", exact: true }));
  await ada.keyboard.press("Enter");
  await expect(ada.getByText("Not saved")).toHaveCount(0);
  await tabTo(ada, ada.getByRole("button", { name: "Run", exact: true }));
  await ada.keyboard.press("Enter");
  const start = ada.getByRole("dialog", { name: "Run “by_hand”" });
  await tabTo(ada, start.getByRole("button", { name: "Start" }));
  await ada.keyboard.press("Enter");
  await expectPage(ada, /by_hand/);
  await expect(ada.getByRole("button", { name: /^transform\b/ })).toContainText("Succeeded");
});
