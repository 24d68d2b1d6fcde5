// Which addresses carry a one-time token.

import { expect, test } from "vitest";
import { linkOf } from "./link";

test("each kind of link is known with its token", () => {
  expect(linkOf("#setup=gtu_a-b_c")).toEqual({ kind: "setup", token: "gtu_a-b_c" });
  expect(linkOf("#invite=gti_x")).toEqual({ kind: "invite", token: "gti_x" });
  expect(linkOf("#reset=gtp_x")).toEqual({ kind: "reset", token: "gtp_x" });
});

test("anchors, unknown kinds and links without a token are none", () => {
  for (const hash of ["", "#", "#content", "#invite=", "#invite", "#login=gti_x"]) {
    expect(linkOf(hash)).toBeNull();
  }
});
