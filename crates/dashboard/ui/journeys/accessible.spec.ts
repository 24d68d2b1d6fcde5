// Every page can be used by everybody: axe in both themes and on a phone, heading, title, width.

import { faultsOf } from "./faults";
import { open } from "./looking";
import { ENTRANCE, PLACES } from "./places";
import { expect, test } from "./stocked";
import { WINDOWS } from "./windows";

test.use({ contextOptions: { reducedMotion: "reduce" } });

const titles = new Map<string, string>();

for (const place of [...ENTRANCE, ...PLACES]) {
  const visitor = ENTRANCE.includes(place);
  test(`${place.name} is accessible`, async ({ browse, ada, store }) => {
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
  });
}

for (const { name, place, opener, shown } of WINDOWS) {
  test(`${name} is accessible`, async ({ ada, store }) => {
    await open(ada, place, store);
    await opener(ada).click();
    await expect(shown(ada)).toBeVisible();
    expect(await faultsOf(ada)).toEqual([]);
  });
}
