// The first owner sets the server up, leaves, and signs in again.

import { ADA, expect, test } from "./journey";

test("the first owner sets up, signs out and signs in", async ({ server, browse }) => {
  const page = await browse();
  await page.goto(server.setUp);
  await page.getByLabel("E-mail address").fill(ADA.email);
  await page.getByLabel("Name").fill(ADA.name);
  await page.getByLabel("Password").fill("short");
  await page.getByRole("button", { name: "Set up" }).click();
  await expect(page.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");

  await page.getByLabel("Password").fill(ADA.password);
  await page.getByRole("button", { name: "Set up" }).click();
  await expect(page.getByRole("heading", { name: "Home", level: 1 })).toBeVisible();
  expect(page.url(), "the token of the set-up is not kept in the address").not.toContain("setup");
});
