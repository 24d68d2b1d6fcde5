// Every page and window can be used by everybody: heading, title, axe, a phone's width, the keyboard alone.

import { faultsOf } from "./faults";
import { faultsByKeyboard } from "./keys";
import { open } from "./looking";
import { ENTRANCE, PLACES } from "./places";
import { expect, test } from "./stocked";
import { WINDOWS } from "./windows";

test.use({ contextOptions: { reducedMotion: "reduce" } });

const titles = new Map<string, string>();

for (const place of [...ENTRANCE, ...PLACES]) {
  const visitor = ENTRANCE.includes(place);
  test(`${place.name} is for everybody`, async ({ browse, ada, store }) => {
    const page = visitor ? await browse() : ada;
    await open(page, place, store);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    const title = await page.title();
    const heading = await page.getByRole("heading", { level: 1 }).textContent();
    expect(title.split(" · ").at(0)).toBe(heading?.trim());
    expect(title.split(" · ").at(-1)).toBe("Gathering");
    if (place.route && place.route !== "/settings/") {
      const other = titles.get(title) ?? place.route;
      titles.set(title, place.route);
      expect(other, `two routes have the title ${title}`).toBe(place.route);
    }
    expect(await faultsOf(page)).toEqual([]);
    expect(await faultsByKeyboard(page)).toEqual([]);
  });
}

for (const { name, place, opener, shown } of WINDOWS) {
  test(`${name} is for everybody`, async ({ ada, store }) => {
    await open(ada, place, store);
    await opener(ada).focus();
    await ada.keyboard.press("Enter");
    await expect(shown(ada)).toBeVisible();
    expect(await faultsOf(ada)).toEqual([]);
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
