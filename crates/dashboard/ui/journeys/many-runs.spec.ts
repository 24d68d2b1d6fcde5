// A hundred thousand runs: the list is there at once, and scrolls without a hitch.

import { execFileSync } from "node:child_process";
import type { Page } from "@playwright/test";
import createClient from "openapi-fetch";
import type { paths } from "@/generated/schema";
import { ADA, expect, test } from "./journey";
import type { Server } from "./server";

const RUNS = 100_000;
/** How often it is measured; the median counts. */
const TIMES = 5;
/** From the click on "Sign in" to the first rows, in milliseconds. */
const FIRST_ROWS = 500;
/** The longest frame while scrolling, in milliseconds. */
const FRAME = 100;
/** How many elements the list may have, however long it is. */
const ELEMENTS = 1_500;

const PIPELINE = {
  name: "import_prices",
  nodes: [
    { id: "start", type: "trigger" },
    { id: "total", type: "transform", config: { value: "{{ input.prices | sum }}" } },
  ],
  edges: [{ from: "start", to: "total" }],
};

// A trace takes pictures of every step, and would be measured as well.
test.use({ trace: "off" });
test.use({ settings: { GATHERING_RATES_SIGN_IN: "off" } });

test("the list of a hundred thousand runs opens and scrolls quickly", async ({
  server,
  browse,
}) => {
  test.setTimeout(180_000);
  await multiply(server, await patterns(server));

  const opened: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const page = await browse();
    opened.push(await signIn(page));
    await page.close();
  }
  const page = await browse();
  await signIn(page);
  const frames: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const { longest, elements } = await scroll(page);
    frames.push(longest);
    expect(elements, "elements of the list").toBeLessThan(ELEMENTS);
  }
  const figures = `first rows after ${show(opened)} ms, longest frames ${show(frames)} ms`;
  test.info().annotations.push({ type: "figures", description: figures });
  process.stdout.write(`    ${figures}\n`);
  expect(median(opened), figures).toBeLessThan(FIRST_ROWS);
  expect(median(frames), figures).toBeLessThan(FRAME);
});

const show = (figures: number[]) => figures.map((one) => Math.round(one)).join(", ");

function median(figures: number[]): number {
  return (
    figures.toSorted((one, other) => one - other)[Math.floor(figures.length / 2)] ?? Number.NaN
  );
}

/** Sets up, and makes some real runs: those that the others are copies of. Gives how many. */
async function patterns(server: Server): Promise<number> {
  const [, token = ""] = server.setUp.split("#setup=");
  const { email, name, password } = ADA;
  const anybody = createClient<paths>({ baseUrl: server.url });
  const { data: owner } = await anybody.POST("/api/v1/auth/setup", {
    body: { token, email, name, password },
  });
  const client = createClient<paths>({
    baseUrl: server.url,
    headers: { authorization: `Bearer ${owner?.token}` },
  });
  const body = PIPELINE as unknown as Record<string, never>;
  const { data: pipeline } = await client.POST("/api/v1/pipelines", { body });
  const inputs = [{ prices: [1, 2, 3] }, { prices: [1, "on request"] }, { prices: [] }];
  for (const input of inputs) {
    const path = { pipeline_id: pipeline?.id ?? "" };
    const limits = {
      timeout: null,
      attempts: null,
      cost_micro_usd: null,
      on_cost: "fail" as const,
    };
    const { data: run } = await client.POST("/api/v1/pipelines/{pipeline_id}/runs", {
      params: { path, query: { wait: "15s" } },
      body: { input, limits },
    });
    expect(run?.ended_at, "the run has ended").toBeTruthy();
  }
  return inputs.length;
}

/** Copies the rows of the runs in the store of the stopped server, each a second older than the next. */
async function multiply(server: Server, count: number): Promise<void> {
  await server.kill();
  const store = server.path("data/gathering.db");
  const sql = (text: string) => execFileSync("sqlite3", [store], { input: text, encoding: "utf8" });
  const columns = sql("SELECT name FROM pragma_table_info('runs');").trim().split("\n");
  const other: Record<string, string> = {
    id: "fresh.id",
    root_run_id: "fresh.id",
    first_run_id: "fresh.id",
    created_at: "created_at - place * 1000000",
    started_at: "started_at - place * 1000000",
    finished_at: "finished_at - place * 1000000",
  };
  const made = sql(`
    CREATE TEMP TABLE fresh AS
      WITH RECURSIVE counted (place) AS (SELECT 1 UNION ALL SELECT place + 1 FROM counted LIMIT ${RUNS})
      SELECT place, randomblob(16) AS id FROM counted;
    CREATE TEMP TABLE pattern AS SELECT row_number() OVER () - 1 AS kind, * FROM runs;
    INSERT INTO runs (${columns.join()})
      SELECT ${columns.map((name) => other[name] ?? `pattern.${name}`).join()}
      FROM fresh JOIN pattern ON pattern.kind = fresh.place % ${count};
    SELECT count(*) FROM runs;
  `);
  expect(Number(made)).toBe(RUNS + count);
  await server.begin();
}

/** Signs in with the list of runs as the goal, and gives how long its first rows took. */
async function signIn(page: Page): Promise<number> {
  await page.goto("/runs");
  await page.getByLabel("E-mail address").fill(ADA.email);
  await page.getByLabel("Password").fill(ADA.password);
  const took = page.evaluate(
    () =>
      new Promise<number>((done) => {
        let clicked = Number.NaN;
        addEventListener("click", () => (clicked = performance.now()), {
          capture: true,
          once: true,
        });
        const look = () => {
          const rows = document.querySelectorAll("[role=table] [role=row] a").length;
          if (rows < 10) requestAnimationFrame(look);
          else done(performance.now() - clicked);
        };
        look();
      }),
  );
  await page.getByRole("button", { name: "Sign in" }).click();
  const milliseconds = await took;
  await expect(
    page.getByRole("table").getByRole("link", { name: PIPELINE.name }).first(),
  ).toBeVisible();
  return milliseconds;
}

/** Scrolls down for some seconds, through pages that are loaded on the way. */
function scroll(page: Page): Promise<{ longest: number; elements: number }> {
  return page
    .getByRole("rowgroup")
    .last()
    .evaluate(
      (list) =>
        new Promise((done) => {
          let frames = 0;
          let longest = 0;
          let before = performance.now();
          const step = () => {
            const now = performance.now();
            longest = Math.max(longest, now - before);
            before = now;
            list.scrollTop += 60;
            frames += 1;
            if (frames < 180) requestAnimationFrame(step);
            else done({ longest, elements: list.querySelectorAll("*").length });
          };
          requestAnimationFrame(step);
        }),
    );
}
