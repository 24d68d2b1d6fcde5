// An owner invites a person who may only look, and that person sees only what they may do.

import { expect, expectPage, test } from "./journey";

test("whoever may only look is offered nothing else", async ({ ada, browse }) => {
  await ada.goto("/settings/people");
  await ada.getByRole("button", { name: "Invite" }).click();
  const form = ada.getByRole("dialog", { name: "Invite" });
  await form.getByLabel("E-mail address").fill("grace@example.com");
  await form.getByLabel("Role").selectOption("Viewer");
  await form.getByLabel("default").selectOption("Viewer");
  await form.getByRole("button", { name: "Create the link" }).click();
  const shown = ada.getByRole("dialog", { name: "Link for grace@example.com" });
  const link = (await shown.getByText("#invite=").textContent()) ?? "";
  await shown.getByRole("button", { name: "I have copied it" }).click();
  await expect(ada.getByRole("region", { name: "Open invitations" })).toContainText(
    "grace@example.com",
  );

  const grace = await browse();
  await grace.goto(link);
  await grace.getByLabel("Name").fill("Grace Hopper");
  await grace.getByLabel("Password").fill("seven lanterns by 1906");
  await grace.getByRole("button", { name: "Join" }).click();
  await expectPage(grace, "Home");
  await expect(grace.getByRole("button", { name: "Your menu" })).toContainText("Viewer");

  const main = grace.getByRole("navigation", { name: "Main" });
  await expect(main.getByRole("link", { name: "Runs" })).toBeVisible();
  await expect(main.getByRole("link", { name: "Audit" })).toHaveCount(0);
  for (const [place, act] of [
    ["Pipelines", "New pipeline"],
    ["Agents", "New agent"],
    ["Schedules", "New schedule"],
  ] as const) {
    await main.getByRole("link", { name: place }).click();
    await expectPage(grace, place);
    await expect(grace.getByText(/^No .* yet$/)).toBeVisible();
    await expect(grace.getByRole("button", { name: act })).toHaveCount(0);
    await expect(grace.getByRole("link", { name: act })).toHaveCount(0);
    await ada.getByRole("navigation", { name: "Main" }).getByRole("link", { name: place }).click();
    await expect(ada.getByRole("main").getByText(act).first()).toBeVisible();
  }

  await main.getByRole("link", { name: "Settings" }).click();
  const settings = grace.getByRole("navigation", { name: "Settings" });
  await expect(settings.getByRole("link", { name: "Account" })).toBeVisible();
  for (const section of ["People", "Secrets", "System"]) {
    await expect(settings.getByRole("link", { name: section })).toHaveCount(0);
  }
  for (const address of [
    "/audit",
    "/settings/people",
    "/settings/secrets",
    "/settings/system",
    "/schedules/new",
  ]) {
    await grace.goto(address);
    await expect(grace.getByText(/^You may not see/).first(), address).toBeVisible();
  }
});
