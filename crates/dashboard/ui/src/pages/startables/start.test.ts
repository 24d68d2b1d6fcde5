// What the fields of a start say is what the API takes, and what was stored comes back as it was.

import { expect, test } from "vitest";
import { NO_START, STARTS, startDraft, startFaults, startsOf } from "./start";

const says = { required: "needed", json: "no JSON" };

test("what is stored is what an untouched form sends", () => {
  const pipeline = { type: "pipeline", pipeline_id: "pip_1" } as const;
  const agent = { type: "agent", agent_id: "agt_1" } as const;
  for (const [starts, input] of [
    [pipeline, undefined],
    [pipeline, { n: "{{ event.data.n }}", deep: [1, null] }],
    [pipeline, "{{ event.data }}"],
    [agent, undefined],
    [agent, { task: "Sort {{ request.body }}" }],
    [agent, "{{ event.data.payload }}"],
  ] as const) {
    const sent = startsOf(startDraft(starts, input));
    expect(sent).toEqual({ starts, ...(input !== undefined && { input }) });
  }
});

test("what belongs to another kind is not sent", () => {
  const draft = { ...NO_START, pipelineId: "pip_1", input: "{}", agentId: "agt_1", task: " " };
  expect(startsOf({ ...draft, kind: "agent" })).toEqual({
    starts: { type: "agent", agent_id: "agt_1" },
  });
});

test("faults are found in the fields of the kind that is chosen, and in no other", () => {
  const found = (draft: Partial<typeof NO_START>) =>
    Object.entries(startFaults({ ...NO_START, ...draft }, STARTS, says)).filter(([, why]) => why);
  expect(found({})).toEqual([["/starts", "needed"]]);
  expect(found({ pipelineId: "pip_1", input: "{" })).toEqual([["/input", "no JSON"]]);
  expect(found({ kind: "agent", agentId: "agt_1", input: "{" })).toEqual([]);
  expect(found({ kind: "action" })).toEqual([["/config", "needed"]]);
  expect(found({ kind: "action", config: "nothing" })).toEqual([["/config", "no JSON"]]);
});
