// Data as it is: JSON and other text, to read and to copy.

import clsx from "clsx";
import { Check, Copy, X } from "lucide-react";
import { useEffect, useState } from "react";
import { writeJson } from "@/api/exact";
import { useVocabulary } from "@/i18n/vocabulary";
import { IconButton } from "./button";

/** How long a button says what became of it. */
const SAID_MS = 3000;

/** Copies a text. */
export function CopyButton({ text }: { text: string }) {
  const t = useVocabulary();
  const [said, setSaid] = useState<"copied" | "refused" | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => {
    try {
      // Browsers give the clipboard to pages of safe origins alone, and refuse it where they like.
      await navigator.clipboard.writeText(text);
      setSaid("copied");
    } catch {
      setSaid("refused");
    }
  };
  const outcome = said && t(said === "copied" ? "action.copied" : "error.clipboard");
  return (
    <>
      <IconButton label={outcome ?? t("action.copy")} onClick={() => void copy()}>
        {said === null && <Copy />}
        {said === "copied" && <Check className="text-good" />}
        {said === "refused" && <X className="text-bad" />}
      </IconButton>
      <span role="status" className="sr-only">
        {outcome}
      </span>
    </>
  );
}

/** A value as JSON, or a text as it is. */
export function Code({
  value,
  label,
  className,
}: {
  value: unknown;
  label: string;
  className?: string;
}) {
  const text = typeof value === "string" ? value : writeJson(value, 2);
  return (
    <div className={clsx("relative min-w-0", className)}>
      <pre
        role="region"
        aria-label={label}
        tabIndex={0}
        className="max-h-96 overflow-auto rounded-md border border-line bg-sunken p-3 pr-10 font-mono text-xs break-words whitespace-pre-wrap"
      >
        {text}
      </pre>
      <span className="absolute top-1 right-1">
        <CopyButton text={text} />
      </span>
    </div>
  );
}

/** An id, short, to copy. */
export function Id({ id }: { id: string }) {
  return (
    <code title={id} className="font-mono text-xs text-soft">
      {id.length > 16 ? `${id.slice(0, 4)}…${id.slice(-6)}` : id}
    </code>
  );
}
