// A provider is added on the page of the settings, and tested there.

import { expect, expectPage, rows, test } from "./journey";

test.use({
  files: {
    "data/scripts/greeter.script.yaml": `
script: 1
rules:
  - reply: { text: "Good day." }
`,
  },
});

test("a provider is added, corrected, tested and deleted", async ({ ada }) => {
  await ada.getByRole("link", { name: "Settings" }).click();
  await ada.getByRole("link", { name: "Model providers" }).click();
  await expectPage(ada, "Model providers");
  await expect(rows(ada, "Model providers")).toHaveCount(1);

  await ada.getByRole("button", { name: "Add a provider" }).click();
  const form = ada.getByRole("dialog", { name: "Add a provider" });
  await form.getByLabel("Name").fill("scripted");
  await form.getByRole("button", { name: "Create" }).click();
  await expect(form.getByLabel("Kind")).toHaveAttribute("aria-invalid", "true");
  await form.getByLabel("Kind").selectOption("scripted");
  await form.getByRole("button", { name: "Create" }).click();
  await expect(form.getByLabel("Name")).toHaveAttribute("aria-invalid", "true");
  await expect(form.getByRole("alert")).toContainText("is the built-in provider");
  await form.getByLabel("Name").fill("house");
  await form.getByLabel("Default model").fill("greeter");
  await form.getByRole("button", { name: "Create" }).click();
  await expect(form).toHaveCount(0);

  const house = rows(ada, "Model providers").filter({ hasText: "house" });
  await expect(house).toContainText("greeter");
  await house.getByRole("button", { name: "Test" }).click();
  const report = ada.getByRole("dialog", { name: "house" });
  await expect(report).toContainText("Works");
  await expect(report).toContainText("A script, not a model");
  await ada.keyboard.press("Escape");
  await expect(report).toHaveCount(0);

  await house.getByRole("button", { name: "Models" }).click();
  const models = ada.getByRole("dialog", { name: "Models of “house”" });
  await expect(models.getByText("house/greeter")).toBeVisible();
  await ada.keyboard.press("Escape");
  await expect(models).toHaveCount(0);
  await expect(house.getByRole("button", { name: "Models" })).toBeFocused();

  await house.getByRole("button", { name: "Delete" }).click();
  await ada.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(house).toHaveCount(0);
});
