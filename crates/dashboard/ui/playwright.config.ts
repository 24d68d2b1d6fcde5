// How the journeys run: the real server, a real Chromium, one after the other.

import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "journeys",
  outputDir: "shots/failures",
  // A journey owns its server, and most of its time is spent by two processes: more at once gain nothing.
  workers: 1,
  forbidOnly: true,
  reporter: [["list"]],
  // Ample: a machine that is busy with more than this is slow, not wrong.
  timeout: 180_000,
  expect: { timeout: 20_000 },
  use: {
    locale: "en-GB",
    timezoneId: "Europe/Paris",
    colorScheme: "light",
    viewport: { width: 1280, height: 800 },
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.GATHERING_TEST_CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
      ],
    },
  },
  projects: [
    { name: "journeys", testMatch: "*.spec.ts" },
    { name: "screenshots", testMatch: "*.shots.ts" },
  ],
});
