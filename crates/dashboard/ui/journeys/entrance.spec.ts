// The first owner sets the server up, leaves, and signs in again.

import { faultsOf } from "./faults";
import { ADA, expect, expectPage, rows, setUp, signIn, signOut, test } from "./journey";
import { faultsByKeyboard } from "./keys";
import { shown } from "./looking";

test("the first owner sets up, signs out and signs in", async ({ server, browse }) => {
  const page = await browse();
  await page.goto(server.setUp);
  await setUp(page, { ...ADA, password: "short" });
  await expect(page.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");

  await setUp(page, ADA);
  await expectPage(page, "Home");
  expect(page.url(), "the token of the set-up is not kept in the address").not.toContain("setup");
  await page.reload();
  await expectPage(page, "Home");

  await signOut(page);
  await page.reload();
  await expectPage(page, "Sign in");
  await signIn(page, { ...ADA, password: "plum orbit kettle 43" });
  await expect(page.getByRole("alert")).toContainText("is wrong");
  await signIn(page, ADA);
  await expectPage(page, "Home");
});

test("the link of the set-up works once", async ({ server, browse, ada }) => {
  const page = await browse();
  await page.goto(server.setUp);
  await setUp(page, { ...ADA, name: "Mallory", email: "mallory@example.com" });
  await expect(page.getByRole("alert")).toContainText("has its first owner already");
  await page.getByRole("button", { name: "Sign in instead" }).click();
  await signIn(page, ADA);
  await expectPage(page, "Home");

  await ada.goto("/settings/people");
  await expect(rows(ada, "Users")).toHaveCount(1);
});

test("the set-up is for everybody", async ({ server, browse }) => {
  const page = await browse();
  await page.goto(server.setUp);
  await shown(page);
  expect(await faultsOf(page)).toEqual([]);
  expect(await faultsByKeyboard(page)).toEqual([]);
});
