// Everything works without a mouse: Tab reaches it and shows where it is; windows give the focus back.

import { faultsByKeyboard } from "./keys";
import { open } from "./looking";
import { ENTRANCE, PLACES } from "./places";
import { expect, test } from "./stocked";
import { WINDOWS } from "./windows";

test.use({ contextOptions: { reducedMotion: "reduce" } });

for (const place of [...ENTRANCE, ...PLACES]) {
  test(`${place.name} works by keyboard`, async ({ browse, ada, store }) => {
    const page = ENTRANCE.includes(place) ? await browse() : ada;
    await open(page, place, store);
    expect(await faultsByKeyboard(page)).toEqual([]);
  });
}

for (const { name, place, opener, shown } of WINDOWS) {
  test(`${name} opens by keyboard, keeps the focus, and gives it back`, async ({ ada, store }) => {
    await open(ada, place, store);
    await opener(ada).focus();
    await ada.keyboard.press("Enter");
    await expect(shown(ada)).toBeVisible();
    for (let step = 0; step < 40; step++) {
      await ada.keyboard.press("Tab");
      expect(
        await shown(ada).evaluate((element) => element.contains(document.activeElement)),
        "the focus stays within the window",
      ).toBe(true);
    }
    await ada.keyboard.press("Escape");
    await expect(shown(ada)).toHaveCount(0);
    await expect(opener(ada)).toBeFocused();
  });
}

test("whoever uses the keyboard can skip to the content", async ({ ada, store }) => {
  const [home] = PLACES;
  if (home) await open(ada, home, store);
  await ada.keyboard.press("Tab");
  const skip = ada.getByRole("link", { name: "Skip to the content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await ada.keyboard.press("Enter");
  await ada.keyboard.press("Tab");
  expect(
    await ada.getByRole("main").evaluate((main) => main.contains(document.activeElement)),
  ).toBe(true);
});
