// Journeys over a server that is in use: it is filled once, and shared by all that only look at it.

import { SCRIPTS } from "./definitions";
import { ADA, test as base } from "./journey";
import { type Outside, outside } from "./outside";
import { Server } from "./server";
import { fill, type Store } from "./store";

export { expect } from "./journey";

interface Stock {
  server: Server;
  store: Store;
  /** The cookie by which the first owner is signed in. */
  cookie: { name: string; value: string };
}

interface Fixtures {
  store: Store;
}

export const test = base.extend<Fixtures, { stock: Stock }>({
  stock: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what is asked for from the pattern
    async ({}, use) => {
      const world: Outside = await outside();
      const settings = {
        GATHERING_EGRESS_ALLOW_PRIVATE: world.host,
        ...Object.fromEntries(
          ["READ", "WRITE", "STREAM", "EXPENSIVE", "SIGN_IN"].map((one) => [
            `GATHERING_RATES_${one}`,
            "off",
          ]),
        ),
      };
      const server = await Server.start(settings, SCRIPTS);
      try {
        const store = await fill(server, world);
        await use({ server, store, cookie: await signIn(server) });
      } finally {
        await server.end();
        await world.end();
      }
    },
    { scope: "worker", timeout: 90_000 },
  ],

  server: async ({ stock }, use) => use(stock.server),
  store: async ({ stock }, use) => use(stock.store),

  ada: async ({ stock, browse }, use) => {
    const page = await browse();
    await page.context().addCookies([{ ...stock.cookie, url: stock.server.url }]);
    await use(page);
  },
});

/** Signs the first owner in, as a browser is. */
async function signIn(server: Server): Promise<Stock["cookie"]> {
  const answer = await fetch(`${server.url}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: ADA.email, password: ADA.password, cookie: true }),
  });
  const [name, value] = (answer.headers.get("set-cookie") ?? "").split(";")[0]?.split("=") ?? [];
  if (!name || !value) throw new Error(`nobody is signed in: ${answer.status}`);
  return { name, value };
}
