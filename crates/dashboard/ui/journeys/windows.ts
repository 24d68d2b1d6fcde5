// The windows that open over pages: where each is, what opens it, and what it then is.

import type { Locator, Page } from "@playwright/test";
import { PLACES, type Place } from "./places";

export interface Opened {
  name: string;
  place: Place;
  /** What opens it. */
  opener: (page: Page) => Locator;
  /** What it is, when it is open. */
  shown: (page: Page) => Locator;
}

function window(
  name: string,
  at: string,
  button: string | RegExp,
  role: "dialog" | "alertdialog" | "menu" = "dialog",
): Opened {
  const place = PLACES.find((one) => one.name === at);
  if (!place) throw new Error(`there is no place ${at}`);
  return {
    name,
    place,
    opener: (page) => page.getByRole("button", { name: button, exact: true }).first(),
    shown: (page) => page.getByRole(role),
  };
}

/** What the picture of a window is called. */
export const pictureOf = ({ name }: Opened): string =>
  name.replace(/^(the|an?) /, "").replaceAll(/\W+/g, "-");

export const WINDOWS: Opened[] = [
  window("the palette", "home", /^Search or act/),
  window("the person's menu", "home", "Your menu", "menu"),
  window("the choice of the project", "home", /^Project: /, "menu"),
  window("the question before a run is cancelled", "run-approval", "Cancel", "alertdialog"),
  window("settling what is unknown", "run-unknown", "Resolve"),
  window("a new pipeline", "pipelines", "New pipeline"),
  window("starting a pipeline", "pipeline", "Run"),
  window("a new agent", "agents", "New agent"),
  window(
    "the question before an agent is deleted",
    "agent-definition",
    "Delete the agent",
    "alertdialog",
  ),
  window("the question before a schedule starts", "schedule", "Start now", "alertdialog"),
  window("a new trigger", "triggers", "New trigger"),
  window("a new hook", "triggers", "New hook"),
  window("a new webhook", "webhooks", "New webhook"),
  window("another secret of a webhook", "webhook", "New secret"),
  window("inviting somebody", "settings-people", "Invite"),
  window("a person", "settings-people", "Grace Hopper"),
  window("a new key", "settings-keys", "Create a key"),
  window("a new secret", "settings-secrets", "Add a secret"),
  window("a new provider", "settings-providers", "Add a provider"),
  window("a new channel", "settings-channels", "Add a channel"),
  window("a new project", "settings-projects", "Create a project"),
  window("a new member", "settings-project", "Add a member"),
];
