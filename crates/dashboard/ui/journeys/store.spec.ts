// The store that the other journeys look at has what it says.

import { expect, test } from "./stocked";

test("the runs of the filled store are of every status", async ({ ada, store }) => {
  await ada.goto("/runs");
  const runs = ada.getByRole("table", { name: "Runs" });
  for (const status of ["Queued", "Running", "Succeeded", "Failed", "Cancelled", "Timed out"]) {
    await expect(runs.getByText(status).first()).toBeVisible();
  }
  expect(store.approvals.open).toMatch(/^apr_/);
});

test("the page of events begins with the latest", async ({ ada }) => {
  await ada.goto("/events");
  const events = ada.getByRole("list", { name: "Events, the latest first" });
  await expect(events.getByRole("listitem").first()).toBeVisible();
});
