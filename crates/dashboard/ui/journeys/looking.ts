// Opening a place, and waiting until it shows what it has.

import { expect, type Page, type Response } from "@playwright/test";
import type { Place } from "./places";
import type { Store } from "./store";

/** The window of a browser on a desk, in pixels. */
export const DESK = { width: 1280, height: 800 };

/** That of a phone. */
export const PHONE = { width: 390, height: 844 };

/** Goes there; the server refuses nothing that the page asks for. */
export async function open(page: Page, place: Place, store: Store): Promise<void> {
  const refused: string[] = [];
  const note = (answer: Response) => {
    const { pathname } = new URL(answer.url());
    // Whether somebody is signed in is found out by asking.
    if (answer.status() === 401 && pathname === "/api/v1/auth/me") return;
    if (answer.status() >= 400) refused.push(`${answer.status()} ${pathname}`);
  };
  page.on("response", note);
  await page.goto(place.path(store));
  await shown(page, place.name);
  page.off("response", note);
  expect(refused, `refused while ${place.name} was opened`).toEqual([]);
}

/** Waits until a page is there, and reads nothing more. */
export async function shown(page: Page, name?: string): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
  // The page of all components shows how loading looks.
  const loading = name === "components" ? 1 : 0;
  await expect(page.getByRole("status", { name: "Loading" })).toHaveCount(loading);
  await page.evaluate(() => document.fonts.ready);
}

/** Gives the window another size, and waits until the page has taken it. */
export async function resize(page: Page, size: typeof DESK): Promise<void> {
  await page.setViewportSize(size);
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))));
}
