// Patches that are applied give the document that was asked for.

import { describe, expect, it } from "vitest";
import { mergePatch, NullMember } from "./merge-patch";

describe("mergePatch", () => {
  it("says only what is another", () => {
    const before = { name: "a", policy: { jitter: "1s", overlap: "skip" }, list: [1] };
    const after = { name: "b", policy: { jitter: "1s", overlap: "queue" }, list: [1] };
    expect(mergePatch(before, after)).toEqual({ name: "b", policy: { overlap: "queue" } });
  });

  it("removes what is gone", () => {
    const before = { policy: { end: "2027", jitter: "1s" } };
    expect(mergePatch(before, { policy: { jitter: "1s" } })).toEqual({ policy: { end: null } });
  });

  it("writes a thing of another type whole", () => {
    const before = { timing: { type: "interval", every: "1m", anchor: "2027" } };
    const after = { timing: { type: "other", every: "1m" } };
    expect(mergePatch(before, after)).toEqual({
      timing: { type: "other", every: "1m", anchor: null },
    });
  });

  it("does not drop a null unseen", () => {
    expect(() => mergePatch({ input: {} }, { input: { a: null } })).toThrow(NullMember);
  });
});
