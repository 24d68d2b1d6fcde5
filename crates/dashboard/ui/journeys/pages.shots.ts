// Pictures of every place in light, in dark and on a phone, for people to look at.

import type { Page } from "@playwright/test";
import { test as fresh } from "./journey";
import { DESK, open, PHONE, resize, shown } from "./looking";
import { ENTRANCE, PLACES } from "./places";
import { expect, test } from "./stocked";
import { pictureOf, WINDOWS } from "./windows";

const still = { contextOptions: { reducedMotion: "reduce" }, trace: "off" } as const;
fresh.use(still);
test.use(still);

/** Takes the page as it is now, in each of its looks. */
async function take(page: Page, name: string): Promise<void> {
  const picture = (look: string) =>
    page.screenshot({ path: `shots/${look}/${name}.png`, animations: "disabled", caret: "hide" });
  await picture("light");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await picture("dark");
  await page.emulateMedia({ colorScheme: "light" });
  await resize(page, PHONE);
  await picture("phone");
  await resize(page, DESK);
}

fresh("pictures of the set-up", async ({ browse, server }) => {
  const page = await browse();
  await page.goto(server.setUp);
  await shown(page);
  await take(page, "set-up");
});

test("pictures of every place", async ({ browse, ada, store }) => {
  test.setTimeout(900_000);
  const visitor = await browse();
  for (const place of [...ENTRANCE, ...PLACES]) {
    const page = ENTRANCE.includes(place) ? visitor : ada;
    await open(page, place, store);
    await take(page, place.name);
  }
});

test("pictures of the windows", async ({ ada, store }) => {
  test.setTimeout(300_000);
  for (const window of WINDOWS) {
    await open(ada, window.place, store);
    await window.opener(ada).click();
    await expect(window.shown(ada)).toBeVisible();
    await take(ada, pictureOf(window));
  }
});
