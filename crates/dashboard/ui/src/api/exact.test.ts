// Digits stay as they are, through texts and the API.

import { afterEach, describe, expect, it, vi } from "vitest";
import { api, body } from "./client";
import { parseJson, writeJson } from "./exact";

afterEach(() => void vi.unstubAllGlobals());

describe("exact JSON", () => {
  it.each([
    "1234567890123456789",
    "-1234567890123456789",
    '{"a":[1,2.5,9007199254740993,{"b":-98765432109876543210}],"c":"1234567890123456789"}',
    '{"1234567890123456789":"a \\"1234567890123456789\\" b","n":9007199254740991}',
  ])("is written as it was read: %s", (text) => {
    expect(writeJson(parseJson(text))).toBe(text);
  });

  it("has numbers for all but integers that none holds", () => {
    const text = "[9007199254740991, 1e400, 0.1234567890123456789, 1234567890123456789.5]";
    expect(parseJson(text)).toEqual(JSON.parse(text));
    expect(parseJson("[9007199254740992]")).toEqual([9007199254740992n]);
  });

  it.each(["{1234567890123456789: 1}", "01234567890123456789", "1234567890123456789 1", ""])(
    "is no JSON where it never was: %s",
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );

  it("is indented as asked, and empty for nothing", () => {
    expect(writeJson({ a: 1234567890123456789n }, 2)).toBe('{\n  "a": 1234567890123456789\n}');
    expect(writeJson(undefined)).toBe("");
  });
});

describe("the API", () => {
  it.each([{ "content-length": "40" }, {}])(
    "keeps digits in what comes and goes",
    async (headers) => {
      let sent = "";
      const ask = async (request: Request) => {
        sent = await request.text();
        return new Response('{"definition":{"id":1234567890123456789}}', {
          headers: headers as Record<string, string>,
        });
      };
      const came = await body(
        api.POST("/api/v1/pipelines", {
          params: { header: { "Idempotency-Key": "k" } },
          body: { id: 9007199254740993n } as never,
          fetch: ask,
        }),
      );
      expect(sent).toBe('{"id":9007199254740993}');
      expect(came.definition).toEqual({ id: 1234567890123456789n });
    },
  );
});
