// Markdown as people see it. Loaded when it is needed first, by `markdown.tsx`.

import { type MouseEvent, memo, type ReactNode, useId } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { useVocabulary } from "@/i18n/vocabulary";
import { Code } from "./code";

/** The text of what stands between the marks of a block of code. */
function plain(node: ReactNode): string {
  if (typeof node === "string" || typeof node === "number") return String(node);
  if (Array.isArray(node)) return node.map(plain).join("");
  if (node !== null && typeof node === "object" && "props" in node) {
    return plain((node.props as { children?: ReactNode }).children);
  }
  return "";
}

/**
 * The address of a link that leads to another page. None has one that is not safe, and none an address of
 * these pages with a fragment: that may carry a token, with which a page does what nobody asked for.
 */
function elsewhere(href: unknown): string | null {
  if (typeof href !== "string" || /^(#|$)/.test(href)) return null;
  try {
    const { origin, hash } = new URL(href, location.href);
    return origin === location.origin && hash !== "" ? null : href;
  } catch {
    return null;
  }
}

const LINK = "text-accent underline underline-offset-2";

function Link({ href, children }: { href: unknown; children: ReactNode }) {
  const to = elsewhere(href);
  if (to === null) return <span>{children}</span>;
  return (
    <a href={to} target="_blank" rel="noopener noreferrer" className={LINK}>
      {children}
    </a>
  );
}

/** Goes to what a link within the text names, and leaves the address of the page alone. */
function goWithin(event: MouseEvent<HTMLAnchorElement>): void {
  event.preventDefault();
  const place = document.getElementById(event.currentTarget.hash.slice(1));
  if (place === null) return;
  place.tabIndex = place.tagName === "A" ? 0 : -1;
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" });
}

const PARTS: Components = {
  a: ({ node, id, href, "aria-label": label, children }) => {
    const { dataFootnoteRef, dataFootnoteBackref } = node?.properties ?? {};
    if (dataFootnoteRef === undefined && dataFootnoteBackref === undefined)
      return <Link href={href}>{children}</Link>;
    return (
      <a id={id} href={href} aria-label={label} onClick={goWithin} className={LINK}>
        {children}
      </a>
    );
  },
  // A picture from elsewhere would tell its server who reads: only its address is shown.
  img: ({ src, alt }) => <Link href={src}>{alt || (typeof src === "string" ? src : "")}</Link>,
  pre: ({ children }) => {
    const text = plain(children).replace(/\n$/, "");
    return <Code value={text} label={text.slice(0, 60)} />;
  },
  code: ({ children }) => (
    <code className="rounded-sm bg-hover px-1 py-px font-mono text-[0.9em]">{children}</code>
  ),
  // The boxes of a list of tasks; there is nothing to be ticked here.
  input: ({ checked }) => <span>{checked ? "☑" : "☐"}</span>,
  // Headings of a text are below those of the page.
  h1: ({ children }) => <h3 className="text-lg font-semibold">{children}</h3>,
  h2: ({ children }) => <h4 className="text-base font-semibold">{children}</h4>,
  h3: ({ children }) => <h5 className="font-semibold">{children}</h5>,
  h4: ({ children }) => <h6 className="font-semibold">{children}</h6>,
  h5: ({ children }) => <h6 className="font-medium">{children}</h6>,
  h6: ({ children }) => <h6 className="font-medium">{children}</h6>,
  ul: ({ children }) => <ul className="flex list-disc flex-col gap-1 pl-5">{children}</ul>,
  ol: ({ children, start }) => (
    <ol start={start} className="flex list-decimal flex-col gap-1 pl-6">
      {children}
    </ol>
  ),
  blockquote: ({ children }) => (
    <blockquote className="flex flex-col gap-2 border-l-2 border-line-strong pl-3 text-soft">
      {children}
    </blockquote>
  ),
  hr: () => <hr className="border-line" />,
  table: ({ children }) => (
    <div className="overflow-x-auto">
      <table className="border-collapse text-sm">{children}</table>
    </div>
  ),
  th: ({ children, style }) => (
    <th style={style} className="border border-line bg-sunken px-2 py-1 text-left font-medium">
      {children}
    </th>
  ),
  td: ({ children, style }) => (
    <td style={style} className="border border-line px-2 py-1 align-top">
      {children}
    </td>
  ),
};

// Names are made below, so that those of several texts do not meet.
const SAFE = { ...defaultSchema, clobberPrefix: "" };

/** A text in Markdown. Its HTML is not taken over. */
function MarkdownText({ text }: { text: string }) {
  const t = useVocabulary();
  const id = useId();
  return (
    <ReactMarkdown
      remarkPlugins={[remarkGfm]}
      remarkRehypeOptions={{
        clobberPrefix: `text-${id}-`,
        footnoteLabel: t("markdown.footnotes"),
        footnoteBackLabel: t("markdown.back"),
      }}
      rehypePlugins={[[rehypeSanitize, SAFE]]}
      components={PARTS}
    >
      {text}
    </ReactMarkdown>
  );
}

export default memo(MarkdownText);
