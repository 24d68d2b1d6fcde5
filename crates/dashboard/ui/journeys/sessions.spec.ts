// A session that is ended from elsewhere ends before the eyes of whoever uses it.

import type { Page } from "@playwright/test";
import { ADA, api, expect, expectPage, rows, signIn, signOut, test } from "./journey";

const EVE = { email: "eve@example.com", password: "seven lanterns by 1906" };

/** The names under which the browser stores something for the tab. */
const stored = (page: Page) => page.evaluate(() => Object.keys(sessionStorage).join());

test("a session is ended from another browser", async ({ ada, browse }) => {
  const elsewhere = await browse();
  await elsewhere.goto("/settings/providers");
  await signIn(elsewhere, ADA);
  await expectPage(elsewhere, "Model providers");

  await elsewhere.goto("/schedules/new");
  await elsewhere.getByLabel("Name").fill("Each morning");

  await ada.goto("/settings/sessions");
  await expect(rows(ada, "Sessions")).toHaveCount(2);
  const own = rows(ada, "Sessions").filter({ hasText: "This one" });
  await expect(own.getByRole("button", { name: "End" })).toHaveCount(0);
  await ada.getByRole("button", { name: "End", exact: true }).click();
  await ada.getByRole("alertdialog").getByRole("button", { name: "End", exact: true }).click();
  await expect(rows(ada, "Sessions")).toHaveCount(1);

  await expectPage(elsewhere, "Sign in");
  await expect(elsewhere.getByText("Your session has ended")).toBeVisible();
  await signIn(elsewhere, ADA);
  await expectPage(elsewhere, "New schedule");
  await expect(elsewhere.getByLabel("Name")).toHaveValue("Each morning");
  await ada.reload();
  await expect(rows(ada, "Sessions")).toHaveCount(2);
});

test("whoever comes after another finds nothing of them", async ({ ada, browse }) => {
  const { post } = await api(ada);
  const made = await post("/api/v1/invitations", { email: EVE.email, role: "member" });
  const eve = await browse();
  await eve.goto(`/#invite=${made.token}`);
  await eve.getByLabel("Name").fill("Eve");
  await eve.getByLabel("Password").fill(EVE.password);
  await eve.getByRole("button", { name: "Join" }).click();
  await expect(eve.getByRole("button", { name: "Your menu" })).toBeVisible();

  await ada.goto("/schedules/new");
  await ada.getByLabel("Name").fill("Each morning");
  const besides = await ada.context().newPage();
  await besides.goto("/");
  await expectPage(besides, "Home");
  await signOut(besides);
  await expectPage(ada, "Sign in");
  await signIn(besides, EVE);
  for (const page of [besides, ada]) {
    await expect(page.getByRole("button", { name: "Your menu" })).toContainText("Eve");
  }
  expect(await stored(ada)).not.toContain("gathering.recent");
});
