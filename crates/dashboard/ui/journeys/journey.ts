// What every journey has: a server of its own, people with browsers of their own, and a watch over both.

import {
  type BrowserContext,
  test as base,
  expect,
  type Locator,
  type Page,
} from "@playwright/test";
import type { paths } from "@/generated/schema";
import { Server } from "./server";
import { Target } from "./target";

export { expect } from "@playwright/test";

/** The first owner. */
export const ADA = {
  email: "ada@example.com",
  name: "Ada Lovelace",
  password: "plum orbit kettle 42",
};

interface Options {
  /** Variables of the server's environment; `{folder}` stands for its folder. */
  settings: Record<string, string>;
  /** Files of the server's folder. */
  files: Record<string, string>;
}

interface Fixtures {
  server: Server;
  /** What runs change; the server may reach it. */
  target: Target;
  /** A browser that belongs to nobody yet; what it complains of fails the journey. */
  browse: () => Promise<Page>;
  /** A page on which the first owner is signed in. */
  ada: Page;
}

export const test = base.extend<Options & Fixtures>({
  settings: [{}, { option: true }],
  files: [{}, { option: true }],

  // biome-ignore lint/correctness/noEmptyPattern: the runner wants to see that it needs nothing
  target: async ({}, use) => {
    const target = await Target.start();
    await use(target);
    await target.end();
  },

  server: async ({ settings, files }, use) => {
    const server = await Server.start(settings, files);
    await use(server);
    await server.end();
  },

  browse: async ({ browser, server, contextOptions }, use) => {
    const contexts: BrowserContext[] = [];
    const complaints: string[] = [];
    await use(async () => {
      const context = await browser.newContext({ ...contextOptions, baseURL: server.url });
      contexts.push(context);
      const page = await context.newPage();
      watch(page, server.url, complaints);
      return page;
    });
    for (const context of contexts) await context.close();
    expect(complaints, "complaints of the browser, and requests to other origins").toEqual([]);
  },

  ada: async ({ server, browse }, use) => {
    const page = await browse();
    await page.goto(server.setUp);
    await setUp(page, ADA);
    await expectPage(page, "Home");
    await use(page);
  },
});

interface Person {
  email: string;
  name: string;
  password: string;
}

/** Fills in the form of the set-up, which is shown, and sends it. */
export async function setUp(page: Page, { email, name, password }: Person) {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Set up" }).click();
}

/** Fills in the form of the sign-in, which is shown, and sends it. */
export async function signIn(page: Page, { email, password }: Omit<Person, "name">) {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Signs out by the person's menu. */
export async function signOut(page: Page) {
  await page.getByRole("button", { name: "Your menu" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expectPage(page, "Sign in");
}

/** Waits for the page of that title. */
export async function expectPage(page: Page, title: string | RegExp) {
  await expect(page.getByRole("heading", { name: title, level: 1 })).toBeVisible();
}

/** The rows of the table of that name, its head left out. */
export function rows(page: Page, table: string): Locator {
  return page.getByRole("region", { name: table }).locator("tbody").getByRole("row");
}

/** What a browser writes when a request is refused or its server is gone; pages tell of both in words. */
const EXPECTED = /Failed to load resource|WebSocket connection|ERR_CONNECTION/;

/** Collects what a page complains of, and every request that leaves the server's origin. */
export function watch(page: Page, origin: string, complaints: string[]) {
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.stack ?? error}`));
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    if (!EXPECTED.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  const own = (url: string) =>
    [origin, origin.replace("http:", "ws:")].some((start) => url.startsWith(`${start}/`)) ||
    /^(blob|data):/.test(url);
  const leaves = (url: string) => {
    if (!own(url)) complaints.push(`a request left the origin: ${url}`);
  };
  page.on("request", (request) => leaves(request.url()));
  page.on("websocket", (socket) => leaves(socket.url()));
}

/** Requests of the API as the person of this page, for what a journey needs and is not about. */
export async function api(page: Page) {
  const me = await page.request.get("/api/v1/auth/me");
  const { csrf_token } = (await me.json()) as { csrf_token: string };
  const headers = {
    "x-csrf-token": csrf_token,
    origin: new URL(page.url()).origin,
  };
  const read = async (answer: Awaited<ReturnType<typeof page.request.get>>) => {
    const text = await answer.text();
    if (!answer.ok()) throw new Error(`${answer.url()}: ${answer.status()} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
  return {
    get: async (path: string) => read(await page.request.get(path)),
    post: async (path: keyof paths | (string & {}), data: unknown) =>
      read(await page.request.post(path, { data, headers })),
    yaml: async (path: string, data: string) =>
      read(
        await page.request.post(path, {
          data,
          headers: { ...headers, "content-type": "application/yaml" },
        }),
      ),
  };
}
