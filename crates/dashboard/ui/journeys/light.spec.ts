// The pages are light, their policy is strict, and every journey sees what leaves the origin or breaks it.

import type { Page } from "@playwright/test";
import { ADA, watch } from "./journey";
import { shown } from "./looking";
import { expect, test } from "./stocked";

/** The most compressed script that the first load may take, in bytes. */
const MOST = 300 * 1024;

/** Adds up what scripts take on the wire, from now on. */
function weigh(page: Page) {
  const weights: Promise<[string, number]>[] = [];
  page.on("requestfinished", (request) => {
    const { pathname } = new URL(request.url());
    if (!pathname.endsWith(".js")) return;
    weights.push(request.sizes().then(({ responseBodySize }) => [pathname, responseBodySize]));
  });
  return async () => {
    const all = await Promise.all(weights);
    return { all, bytes: all.reduce((sum, [, size]) => sum + size, 0) };
  };
}

test("the sign-in page, and home after it, take little script", async ({ browse }) => {
  const page = await browse();
  const weight = weigh(page);
  await page.goto("/");
  await shown(page);
  const first = await weight();
  expect(first.all.length).toBeGreaterThan(0);
  expect(first.bytes, first.all.join("\n")).toBeLessThan(MOST);

  await page.getByLabel("E-mail address").fill(ADA.email);
  await page.getByLabel("Password").fill(ADA.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Home", level: 1 })).toBeVisible();
  await shown(page);
  const both = await weight();
  expect(both.bytes).toBeGreaterThanOrEqual(first.bytes);
  expect(both.bytes, both.all.join("\n")).toBeLessThan(MOST);
  test.info().annotations.push({
    type: "compressed script",
    description: `sign-in ${first.bytes} bytes, with home ${both.bytes} bytes`,
  });
});

test("the policy allows no script but the server's own files", async ({ ada }) => {
  const answer = await ada.request.get("/");
  const policy = answer.headers()["content-security-policy"] ?? "";
  const directives = new Map(
    policy.split(";").map((directive) => {
      const [name = "", ...sources] = directive.trim().split(/\s+/);
      return [name, sources];
    }),
  );
  expect(directives.get("default-src")).toEqual(["'none'"]);
  expect(directives.get("script-src")).toEqual(["'self'"]);
  expect(directives.get("frame-ancestors")).toEqual(["'none'"]);
  for (const [name, sources] of directives) {
    // Styles within elements say how long bars are; they run nothing.
    const allowed =
      name === "style-src" ? sources.filter((one) => one !== "'unsafe-inline'") : sources;
    expect(allowed.join(" "), name).not.toMatch(/unsafe|https?:|\*/);
  }
});

test("the watch over the pages sees what leaves, and what is refused", async ({
  ada,
  context,
  server,
}) => {
  const seen: string[] = [];
  const bare = await context.newPage();
  watch(bare, server.url, seen);
  await bare.route("https://elsewhere.example/**", (route) => route.abort());
  const ask = () => fetch("https://elsewhere.example/pixel").catch(() => {});
  await bare.evaluate(ask);
  expect(seen).toEqual(["a request left the origin: https://elsewhere.example/pixel"]);

  const own = await ada.context().newPage();
  const refused: string[] = [];
  watch(own, server.url, refused);
  await own.goto("/");
  await shown(own);
  await own.evaluate(ask);
  await expect.poll(() => refused.join("\n")).toContain("Content Security Policy");
});
