// Texts that would stop the page are known before they are read.

import { describe, expect, it } from "vitest";
import { isBeyondBounds } from "./markdown-bounds";

function lines(count: number, line: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => line(at)).join("\n");
}

describe("isBeyondBounds", () => {
  it.each([
    ["quotes within quotes", "> ".repeat(2000)],
    ["quotes without spaces", ">".repeat(2000)],
    ["lists within lists", "- ".repeat(1000)],
    ["numbered lists within lists", "1. ".repeat(1000)],
    ["quotes and lists in turn", "> - ".repeat(500)],
    ["lists of which each line is one deeper", lines(200, (at) => `${"  ".repeat(at)}- a`)],
    [
      "lists in a quote of which each line is one deeper",
      lines(200, (at) => `> ${"  ".repeat(at)}- a`),
    ],
    ["empty items within each other", lines(200, (at) => `${"  ".repeat(at)}-`)],
    ["quotes in a footnote", `[^a]: ${"> ".repeat(500)}`],
    ["footnotes within footnotes", "[^a]: ".repeat(500)],
    ["many deep lists", lines(300, () => `${"- ".repeat(30)}a\n`)],
    ["emphasis", "**a *b ".repeat(3000) + "c* d** ".repeat(3000)],
    ["links", "[".repeat(5000) + "](x)".repeat(5000)],
    ["runs of backticks", lines(200, (at) => "`".repeat(at)).replaceAll("\n", " ")],
    [
      "a table with rows that lack cells",
      `${"|a".repeat(500)}\n${"|-".repeat(500)}\n${"|\n".repeat(500)}`,
    ],
    ["an address that is repeated", `[a]: http://h/${"x".repeat(20_000)}\n\n${"[a] ".repeat(500)}`],
    ["a long text", "word ".repeat(20_000)],
  ])("is so for %s", (_, text) => {
    expect(isBeyondBounds(text)).toBe(true);
  });

  it.each([
    [
      "a long answer",
      lines(
        200,
        (at) => `## Part ${at}\n\nSome **bold** [link](http://h/#a).\n\n- \`one\`\n- two\n`,
      ),
    ],
    ["a long list", lines(400, (at) => `- item ${at} with \`code\``)],
    ["a long table", lines(300, (at) => `| row ${at} | a | b | c |`)],
    [
      "names with underlines in code",
      `\`\`\`\n${lines(900, (at) => `created_at_${at}: some_name`)}\n\`\`\``,
    ],
    ["a line across", "- ".repeat(40)],
    ["a deep list", lines(20, (at) => `${"  ".repeat(at)}- a`)],
  ])("is not so for %s", (_, text) => {
    expect(isBeyondBounds(text)).toBe(false);
  });

  it("takes no time", () => {
    const began = performance.now();
    for (const piece of ["> ", "- ", "1. ", "*", "_", "[", "`", " ", "|", "\\", "]:"]) {
      isBeyondBounds(piece.repeat(60_000 / piece.length));
    }
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
