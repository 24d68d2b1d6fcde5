// What the palette can begin: the page of each, with its window open, for those who may.

import type { Schemas } from "@/api/client";
import { fits } from "./find";
import type { useShellWords } from "./words";

/** Something to begin. */
export interface Action {
  name: Extract<Parameters<ReturnType<typeof useShellWords>>[0], `do.${string}`>;
  href: string;
  needs: Schemas["Permission"];
  /** It is there without a project, too. */
  anywhere?: boolean;
}

const ACTIONS: Action[] = [
  { name: "do.pipeline", href: "/pipelines?open=new", needs: "definition_write" },
  { name: "do.agent", href: "/agents?open=new", needs: "definition_write" },
  { name: "do.schedule", href: "/schedules/new", needs: "definition_write" },
  { name: "do.trigger", href: "/triggers?open=trigger", needs: "definition_write" },
  { name: "do.hook", href: "/triggers?open=hook", needs: "definition_write" },
  { name: "do.webhook", href: "/webhooks?open=new", needs: "integration_write" },
  { name: "do.invite", href: "/settings/people?open=new", needs: "user_write", anywhere: true },
  { name: "do.run", href: "/pipelines", needs: "run_start" },
];

/** What a person may begin, of what fits the words that they typed. */
export function actionsFor(
  typed: string,
  t: ReturnType<typeof useShellWords>,
  may: (permission: Schemas["Permission"]) => boolean,
  inProject: boolean,
): Action[] {
  return ACTIONS.filter(
    ({ name, needs, anywhere }) =>
      (inProject || anywhere) &&
      may(needs) &&
      fits(`${t(name)} ${name === "do.run" ? t("do.alsoRun") : t("do.also")}`, typed),
  );
}
