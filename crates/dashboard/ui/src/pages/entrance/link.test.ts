// Which addresses carry a one-time token, and how long a tab has it.

import { act, renderHook } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { linkOf, useEntryLink } from "./link";

afterEach(() => {
  sessionStorage.clear();
  location.hash = "";
});

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

test("a link goes from the address, and a page that is loaded again has it until it is used", () => {
  location.hash = "#setup=gtu_x";
  const first = renderHook(() => useEntryLink());
  expect(location.hash).toBe("");
  first.unmount();

  const again = renderHook(() => useEntryLink());
  expect(again.result.current[0]).toEqual({ kind: "setup", token: "gtu_x" });
  act(() => again.result.current[1]());
  expect(again.result.current[0]).toBeNull();
  again.unmount();

  expect(renderHook(() => useEntryLink()).result.current[0]).toBeNull();
});
