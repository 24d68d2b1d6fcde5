// What is wrong with a page for somebody: what axe finds, headings, and what does not fit a phone.

import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { DESK, PHONE, resize } from "./looking";

/** What axe finds on the page as it is now, one line for each thing. */
async function faults(page: Page, when: string): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ["violations"] });
  const { violations } = await axe.analyze();
  return violations.flatMap(({ id, impact, help, nodes }) =>
    impact === "serious" || impact === "critical"
      ? nodes.map((node) => {
          const why = node.any[0]?.message ?? node.all[0]?.message ?? node.none[0]?.message ?? help;
          return `${when}: ${id} (${impact}) at ${node.target.join(" ")}: ${why}`;
        })
      : [],
  );
}

/** What axe finds in light, in dark, and on a phone, where the page must fit besides. */
export async function faultsOf(page: Page): Promise<string[]> {
  const found = await faults(page, "light");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  found.push(...(await faults(page, "dark")));
  await page.emulateMedia({ colorScheme: "light" });
  await resize(page, PHONE);
  found.push(...(await faults(page, "phone")), ...(await tooWide(page)));
  await resize(page, DESK);
  return found;
}

/** What makes the page wider than the window. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const scrolls = (element: Element | null): boolean =>
      element !== null &&
      element !== document.body &&
      (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
    const wide = [...document.body.querySelectorAll("*")]
      .filter(
        (element) =>
          element.getBoundingClientRect().right > clientWidth + 0.5 &&
          !scrolls(element.parentElement),
      )
      .slice(0, 5)
      .map((element) => element.outerHTML.slice(0, 160));
    return [`phone: the page is ${scrollWidth} pixels wide`, ...wide];
  });
}
