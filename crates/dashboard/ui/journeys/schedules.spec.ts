// A pipeline is scheduled in the time zone of another place.

import { api, expect, expectPage, rows, test } from "./journey";

const NIGHTLY = `
name: nightly
nodes:
  - { id: start, type: trigger }
  - { id: say, type: transform, config: { value: "done" } }
edges: [{ from: start, to: say }]
outputs: { said: "{{ nodes.say.output }}" }
`;

test("a pipeline is scheduled, and its next times are seen in two time zones", async ({ ada }) => {
  await (await api(ada)).yaml("/api/v1/pipelines", NIGHTLY);
  await ada.getByRole("link", { name: "Schedules" }).click();
  await ada.getByRole("link", { name: "New schedule" }).first().click();
  await expectPage(ada, "New schedule");
  await ada.getByLabel("Name").fill("Each workday");

  await ada.getByLabel("Cron expression").fill("0 25 * * *");
  await expect(ada.getByRole("alert").first()).toBeVisible();
  await ada.getByLabel("Cron expression").fill("0 9 * * MON-FRI");
  await ada.getByLabel("Time zone").fill("America/New_York");
  await expect(
    ada.getByText("At 09:00 on Monday through Friday, America/New_York time."),
  ).toBeVisible();
  await expect(rows(ada, "Next times")).toHaveCount(5);

  await ada.getByLabel("Pipeline", { exact: true }).selectOption("nightly");
  await ada.getByRole("button", { name: "Create" }).click();
  await expectPage(ada, "Each workday");
  const next = ada.getByRole("region", { name: "Next times" });
  await expect(next.getByRole("columnheader")).toHaveText([
    "America/New_York",
    "Your time (Europe/Paris)",
    "Until then",
  ]);
  const slots = rows(ada, "Next times");
  await expect(slots).toHaveCount(5);
  for (const slot of await slots.all()) {
    const cells = slot.getByRole("cell");
    await expect(cells.nth(0)).toContainText(/\b09:00:00/);
    // Six hours apart, or five while only one of the two has changed its clocks.
    await expect(cells.nth(1)).toContainText(/\b1[45]:00:00/);
  }
});
