// Texts of models: none stops the page, and none leads where nobody meant to go.

import { act, cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { speak } from "@/i18n";
import { Markdown } from "./markdown";

const failing = vi.hoisted(() => ({ on: "" }));

vi.mock("./markdown-text", async (original) => {
  const { default: MarkdownText } = await original<typeof import("./markdown-text")>();
  return {
    default: ({ text }: { text: string }) => {
      if (text === failing.on) throw new RangeError("Maximum call stack size exceeded");
      return <MarkdownText text={text} />;
    },
  };
});

beforeAll(async () => {
  await speak("en");
  // Loading it takes a while.
  await import("./markdown-text");
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const AS_WRITTEN = "This text is shown as it is written.";

/** Shows a text and waits until it has been read. */
async function shown(text: string) {
  const view = render(<Markdown text={`${text}\n\n---`} />);
  await view.findByRole("separator");
  return view;
}

describe("Markdown", () => {
  it.each([["> "], ["- "]])("shows a text that is beyond bounds as it is written: %s", (piece) => {
    const text = `${piece.repeat(2000)}end`;
    const { container } = render(<Markdown text={text} />);
    expect(screen.getByText(AS_WRITTEN)).toBeDefined();
    expect(container.querySelector("pre")?.textContent).toBe(text);
  });

  it("shows a text that cannot be read as it is written, and reads the next", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    failing.on = "**bad**";
    const { container, rerender } = render(<Markdown text="**bad**" />);
    await screen.findByText(AS_WRITTEN);
    expect(container.querySelector("pre")?.textContent).toBe("**bad**");
    rerender(<Markdown text="**good**" />);
    expect((await screen.findByText("good")).tagName).toBe("STRONG");
  });

  it("reads a text that grows seldom, and its end for certain", async () => {
    const { container, rerender } = await shown("a");
    vi.useFakeTimers();
    const read = vi.fn();
    const watch = new MutationObserver(read);
    watch.observe(container, { subtree: true, childList: true, characterData: true });
    let text = "a";
    for (let piece = 0; piece < 100; piece++) {
      text += " b";
      rerender(<Markdown text={text} />);
      await act(() => vi.advanceTimersByTimeAsync(5));
    }
    await act(() => vi.advanceTimersByTimeAsync(5000));
    watch.disconnect();
    expect(container.textContent).toBe(text);
    expect(read.mock.calls.length).toBeLessThan(10);
  });
});

describe("links", () => {
  it.each([
    "[x](javascript:alert(1))",
    "[x](#reset=abc)",
    "[x](/#invite=abc)",
    `[x](${location.origin}/#reset=abc)`,
    `[x](//${location.host}/#reset=abc)`,
    "[x](#)",
    "![x](/#reset=abc)",
    "[x](#user-content-fn-1)",
  ])("are text where they lead nowhere safe: %s", async (text) => {
    const view = await shown(text);
    expect(view.getByText("x")).toBeDefined();
    expect(view.container.querySelector("a")).toBeNull();
  });

  it("to other pages open in a tab of their own", async () => {
    await shown("[x](https://example.org/a#b)");
    const link = screen.getByRole("link", { name: "x" });
    expect(link.getAttribute("href")).toBe("https://example.org/a#b");
    expect(link.getAttribute("target")).toBe("_blank");
  });

  it("to footnotes stay in the text, of which there may be several", async () => {
    const before = location.href;
    const text = "a[^1]\n\n[^1]: note";
    const { container } = render(
      <>
        <Markdown text={text} />
        <Markdown text={text} />
      </>,
    );
    await screen.findAllByText("Footnotes");
    const ids = [...container.querySelectorAll("[id]")].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const [, second] = screen.getAllByRole("link", { name: "1" });
    expect(second?.getAttribute("target")).toBeNull();
    if (second) await userEvent.click(second);
    expect(document.activeElement).toBe([...container.querySelectorAll("li")][1]);
    const [, back] = screen.getAllByRole("link", { name: "Back to where it is named" });
    if (back) await userEvent.click(back);
    expect(document.activeElement).toBe(second);
    expect(location.href).toBe(before);
  });
});
