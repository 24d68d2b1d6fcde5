// Whether the palette begins what is asked for, and only what may be begun.

import { expect, test } from "vitest";
import { actionsFor } from "./actions";
import type { useShellWords } from "./words";

const WORDS: Record<string, string> = {
  "do.pipeline": "New pipeline",
  "do.agent": "New agent",
  "do.invite": "Invite a person",
  "do.run": "Run a pipeline",
  "do.also": "create add make",
  "do.alsoRun": "start",
};
const t = ((key: string) => WORDS[key] ?? key) as ReturnType<typeof useShellWords>;
const found = (typed: string, may: string[], inProject = true) =>
  actionsFor(typed, t, (permission) => may.includes(permission), inProject).map(({ href }) => href);

test("words for making find what can be made", () => {
  expect(found("create pipe", ["definition_write", "run_start"])).toEqual(["/pipelines?open=new"]);
  expect(found("start", ["definition_write", "run_start"])).toEqual(["/pipelines"]);
});

test("what a person may not do is not offered", () => {
  expect(found("", ["run_start"])).toEqual(["/pipelines"]);
  expect(found("create", [])).toEqual([]);
});

test("without a project only people can be invited", () => {
  expect(found("", ["definition_write", "user_write"], false)).toEqual([
    "/settings/people?open=new",
  ]);
});
