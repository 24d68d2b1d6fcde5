// Pictures of every place in light, in dark and on a phone, for people to look at.

import type { Page } from "@playwright/test";
import { open, PHONE } from "./looking";
import { ENTRANCE, PLACES } from "./places";
import { expect, test } from "./stocked";
import { WINDOWS } from "./windows";

test.use({ contextOptions: { reducedMotion: "reduce" }, trace: "off" });

const WINDOW = { width: 1280, height: 800 };

/** Takes the page as it is now, in each of its looks. */
async function take(page: Page, name: string): Promise<void> {
  const picture = (look: string) =>
    page.screenshot({ path: `shots/${look}/${name}.png`, animations: "disabled", caret: "hide" });
  await picture("light");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await picture("dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(PHONE);
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))));
  await picture("phone");
  await page.setViewportSize(WINDOW);
}

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
  for (const { name, place, opener, shown: window } of WINDOWS) {
    await open(ada, place, store);
    await opener(ada).click();
    await expect(window(ada)).toBeVisible();
    await take(ada, name.replace(/^(the|an?) /, "").replaceAll(/\W+/g, "-"));
  }
});
