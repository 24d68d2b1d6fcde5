// The kinds are those that the server tells, and what is not changed stays as it was.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { choiceOf, EVENT_KINDS, patternsOf } from "./event-kinds";

test("every kind that the server tells can be chosen, and no other", () => {
  const source = readFileSync("../../app/src/events/envelope.rs", "utf8");
  const [code = ""] = source.split("fn plain(");
  const plain = code.match(/"(?:run|approval|event)\.[a-z_.]+"/g) ?? [];
  const verbs = [...code.matchAll(/of_key\("([a-z_]+)"|=> "([a-z_]+)",\n|\{ "([a-z]+)" \}/g)]
    .flatMap(([, first, second, third]) => [first, second, third])
    .filter((verb) => verb !== undefined);
  const told = new Set([
    ...plain.map((one) => one.slice(1, -1)),
    ...verbs.flatMap((verb) => [`run.node.${verb}`, `run.step.${verb}`]),
  ]);
  expect([...Object.values(EVENT_KINDS).flat()].sort()).toEqual([...told].sort());
});

test("patterns that are not touched are sent as they stood", () => {
  const patterns = ["orders.*", "run.failed", "run.*", "approval.requested"];
  expect(choiceOf(patterns)).toEqual({
    kinds: ["run.failed", "approval.requested"],
    others: "orders.*\nrun.*",
  });
  expect(patternsOf(choiceOf(patterns), patterns)).toEqual(patterns);
});

test("empty lines and repetitions are left out, and what is new comes last", () => {
  const choice = { kinds: ["run.failed"], others: " orders.* \n\nrun.failed\n" };
  expect(patternsOf(choice, ["orders.*"])).toEqual(["orders.*", "run.failed"]);
});
