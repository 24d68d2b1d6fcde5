// Texts that are written in Markdown. Until what reads it has been loaded, they stand as they are.

import clsx from "clsx";
import { lazy, Suspense } from "react";

const MarkdownText = lazy(() => import("./markdown-text"));

/** A text in Markdown. */
export function Markdown({ text, className }: { text: string; className?: string }) {
  return (
    <div className={clsx("flex min-w-0 flex-col gap-2.5 break-words", className)}>
      <Suspense fallback={<p className="whitespace-pre-wrap">{text}</p>}>
        <MarkdownText text={text} />
      </Suspense>
    </div>
  );
}
