// The server is killed amid a run: the page says so, comes back by itself, and the run ends with each effect once.

import { api, expect, expectPage, test } from "./journey";
import type { Target } from "./target";

test.use({ settings: { GATHERING_EGRESS_ALLOW_PRIVATE: "127.0.0.1" } });

const pipeline = (target: Target) => `
name: orders
nodes:
  - { id: start, type: trigger }
${["reserve", "charge", "ship"]
  .map(
    (name) => `
  - id: ${name}
    type: action
    config: { kind: http, method: POST, url: "${target.url}/${name}", idempotency_header: Idempotency-Key }`,
  )
  .join("")}
edges:
  - { from: start, to: reserve }
  - { from: reserve, to: charge }
  - { from: charge, to: ship }
`;

test("a server that was killed goes on where it was", async ({ ada, server, target }) => {
  target.hold("/charge");
  await (await api(ada)).yaml("/api/v1/pipelines", pipeline(target));
  await ada.getByRole("link", { name: "Pipelines" }).click();
  await ada.getByRole("link", { name: "orders" }).click();
  await ada.getByRole("button", { name: "Run" }).click();
  await ada.getByRole("dialog").getByRole("button", { name: "Start" }).click();
  await expectPage(ada, /orders/);
  await expect(ada.getByRole("button", { name: /^charge\b/ })).toContainText("Running");
  await expect.poll(() => target.count("/charge")).toBe(1);

  await server.kill();
  const lost = ada.getByText("The connection to the server is lost.");
  await expect(lost).toBeVisible();
  await expect(ada.getByRole("button", { name: /^reserve\b/ })).toContainText("Succeeded");
  target.release("/charge");
  await server.begin();
  await expect(lost).toHaveCount(0, { timeout: 30_000 });

  await expect(ada.getByRole("button", { name: /^ship\b/ })).toContainText("Succeeded", {
    timeout: 30_000,
  });
  await expect(ada.getByRole("main").getByText("Succeeded").first()).toBeVisible();
  for (const path of ["/reserve", "/charge", "/ship"]) expect(target.effects(path), path).toBe(1);
  expect(target.count("/charge")).toBe(2);
  expect(target.count("/reserve")).toBe(1);
});
