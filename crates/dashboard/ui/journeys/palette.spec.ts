// Language, appearance and the way out, by the command palette and the keyboard alone.

import type { Page } from "@playwright/test";
import { expect, expectPage, test } from "./journey";

/** Opens the palette, looks for something and takes the first that is found. */
async function choose(page: Page, palette: string, wanted: string) {
  await page.keyboard.press("Control+k");
  const dialog = page.getByRole("dialog", { name: palette });
  await expect(dialog.getByRole("combobox")).toBeFocused();
  await page.keyboard.type(wanted);
  await expect(dialog.getByRole("option", { name: wanted })).toHaveAttribute(
    "aria-selected",
    "true",
  );
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
}

/** How bright the page is, from 0 to 255. */
const brightness = (page: Page) =>
  page.locator("body").evaluate((body) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    if (!canvas) throw new Error("no canvas");
    canvas.fillStyle = getComputedStyle(body).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    return Math.max(...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3));
  });

test("language, appearance and sign-out by the palette", async ({ ada }) => {
  expect(await brightness(ada)).toBeGreaterThan(200);
  await choose(ada, "Search or act", "Dark");
  expect(await brightness(ada)).toBeLessThan(60);
  await choose(ada, "Search or act", "Français");
  await expectPage(ada, "Accueil");
  await expect(ada.locator("html")).toHaveAttribute("lang", "fr");

  await choose(ada, "Rechercher ou agir", "Planifications");
  await expectPage(ada, "Planifications");
  await ada.reload();
  await expectPage(ada, "Planifications");
  expect(await brightness(ada)).toBeLessThan(60);

  await choose(ada, "Rechercher ou agir", "Se déconnecter");
  await expectPage(ada, "Se connecter");
  expect(await brightness(ada)).toBeLessThan(60);
});
