// A pipeline of two hundred nodes is edited: every step takes effect, and how long its frames are is told.

import type { Page } from "@playwright/test";
import { canvasOf, fieldOf, formOf, nodeOn } from "./editor";
import { api, expect, expectPage, test } from "./journey";

const NODES = 200;
/** How many follow one another; then the next row begins. */
const ROW = 20;
/** The longest that a frame may be, in milliseconds: far from what it is, so that only a stop fails. */
const LONGEST = 1_000;

const id = (at: number) => `step_${at}`;

const PIPELINE = {
  name: "two_hundred",
  nodes: [
    { id: "start", type: "trigger" },
    ...Array.from({ length: NODES - 1 }, (_, at) => ({
      id: id(at + 1),
      type: "transform",
      config: { value: at === 0 ? "{{ input.text }}" : `{{ nodes.${id(at)}.output }}` },
    })),
  ],
  edges: Array.from({ length: NODES - 1 }, (_, at) => ({
    from: at % ROW === 0 ? "start" : id(at),
    to: id(at + 1),
  })),
};
for (const [at, node] of PIPELINE.nodes.entries()) {
  if (at > 0 && (at - 1) % ROW === 0 && "config" in node)
    node.config = { value: "{{ input.text }}" };
}

interface Frames {
  frames: number[];
  before: number;
}

// A trace takes pictures of every step, and would be measured as well.
test.use({ trace: "off", viewport: { width: 1400, height: 900 } });

test("a pipeline of two hundred nodes is edited without a stop", async ({ ada }) => {
  const { id: pipeline } = await (await api(ada)).post("/api/v1/pipelines", PIPELINE);
  await ada.goto(`/pipelines/${pipeline}/edit`);
  await expectPage(ada, "Edit two_hundred");
  await expect(nodeOn(ada, "start")).toBeVisible();
  await expect(ada.getByRole("region", { name: "Problems" })).toContainText("No problems");
  await ada.keyboard.press("Escape");
  await canvasOf(ada).focus();
  await ada.keyboard.press("f");
  await ada.getByRole("dialog", { name: "Find a node" }).getByRole("combobox").fill("step_7");
  await ada.keyboard.press("Enter");
  // By its id: it gets a name.
  const seventh = canvasOf(ada).locator("[data-id=step_7]");
  await expect(seventh).toBeFocused();

  const figures: string[] = [];
  const measure = async (what: string, step: () => Promise<unknown>) => {
    await begin(ada);
    await step();
    const frames = await end(ada);
    const longest = Math.max(...frames);
    figures.push(`${what} ${Math.round(longest)}/${Math.round(median(frames))}`);
    expect(longest, `the longest frame, in ms: ${what}`).toBeLessThan(LONGEST);
  };
  const boxOf = async () => {
    const box = await seventh.boundingBox();
    if (!box) throw new Error("the node is not to be seen");
    return box;
  };

  const [from, canvas] = [await boxOf(), await canvasOf(ada).boundingBox()];
  if (!canvas) throw new Error("there is no canvas");
  await measure("drag", async () => {
    await ada.mouse.move(from.x + 20, from.y + 20);
    await ada.mouse.down();
    await ada.mouse.move(from.x + 80, from.y + 120, { steps: 30 });
    await ada.mouse.up();
  });
  expect((await boxOf()).y - from.y).toBeGreaterThan(60);

  const name = fieldOf(formOf(ada), "Display name");
  await measure("select", async () => {
    await seventh.click();
    await expect(fieldOf(formOf(ada), "Id")).toHaveValue("step_7");
  });
  await measure("type", async () => {
    await name.pressSequentially("The seventh step", { delay: 30 });
  });
  await expect(seventh).toContainText("The seventh step");

  const placed = await boxOf();
  const [x, y] = [canvas.x + canvas.width / 2, canvas.y + canvas.height - 40];
  await measure("pan", async () => {
    await ada.mouse.move(x, y);
    await ada.mouse.down();
    await ada.mouse.move(x + 60, y - 60, { steps: 30 });
    await ada.mouse.up();
  });
  expect((await boxOf()).y).toBeLessThan(placed.y - 30);
  const panned = await boxOf();
  await measure("zoom", async () => {
    for (let turn = 0; turn < 10; turn++) await ada.mouse.wheel(0, 40);
  });
  await expect.poll(async () => (await boxOf()).width).toBeLessThan(panned.width);

  await measure("undo", async () => {
    await ada.getByRole("button", { name: /^Undo/ }).click();
    await expect(seventh).not.toContainText("The seventh step");
  });
  await ada.getByRole("button", { name: /^Undo/ }).click();
  await expect(ada.getByRole("button", { name: /^Undo/ })).toBeDisabled();
  await expect(ada.getByText("Not saved")).toHaveCount(0);

  const told = `longest/median frame in ms: ${figures.join(", ")}`;
  test.info().annotations.push({ type: "figures", description: told });
  process.stdout.write(`    ${told}\n`);
});

function median(figures: number[]): number {
  return (
    figures.toSorted((one, other) => one - other)[Math.floor(figures.length / 2)] ?? Number.NaN
  );
}

/** Begins to measure frames. */
function begin(page: Page) {
  return page.evaluate(() => {
    const measured: Frames = { frames: [], before: performance.now() };
    Object.assign(window, { measured });
    const step = () => {
      if ((window as { measured?: Frames }).measured !== measured) return;
      const now = performance.now();
      measured.frames.push(now - measured.before);
      measured.before = now;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}

/** Gives the frames since, the one that is under way with them. */
function end(page: Page): Promise<number[]> {
  return page.evaluate(
    () =>
      new Promise((done) =>
        requestAnimationFrame(() =>
          requestAnimationFrame(() => {
            const { measured } = window as { measured?: Frames };
            Object.assign(window, { measured: undefined });
            done(measured?.frames ?? []);
          }),
        ),
      ),
  );
}
