// A session that is ended from elsewhere ends before the eyes of whoever uses it.

import { ADA, expect, expectPage, rows, signIn, test } from "./journey";

test("a session is ended from another browser", async ({ ada, browse }) => {
  const elsewhere = await browse();
  await elsewhere.goto("/settings/providers");
  await signIn(elsewhere, ADA);
  await expectPage(elsewhere, "Model providers");

  await ada.goto("/settings/sessions");
  await expect(rows(ada, "Sessions")).toHaveCount(2);
  const own = rows(ada, "Sessions").filter({ hasText: "This one" });
  await expect(own.getByRole("button", { name: "End" })).toHaveCount(0);
  await ada.getByRole("button", { name: "End", exact: true }).click();
  await ada.getByRole("alertdialog").getByRole("button", { name: "End", exact: true }).click();
  await expect(rows(ada, "Sessions")).toHaveCount(1);

  await expectPage(elsewhere, "Sign in");
  await signIn(elsewhere, ADA);
  await expectPage(elsewhere, "Model providers");
  expect(new URL(elsewhere.url()).pathname).toBe("/settings/providers");
  await ada.reload();
  await expect(rows(ada, "Sessions")).toHaveCount(2);
});
