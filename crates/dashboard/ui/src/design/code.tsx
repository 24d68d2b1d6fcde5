// Data as it is: JSON and other text, to read and to copy.

import clsx from "clsx";
import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { useVocabulary } from "@/i18n/vocabulary";
import { IconButton } from "./button";

/** Copies a text. */
export function CopyButton({ text }: { text: string }) {
  const t = useVocabulary();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <IconButton label={copied ? t("action.copied") : t("action.copy")} onClick={() => void copy()}>
      {copied ? <Check /> : <Copy />}
    </IconButton>
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
  const text = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
  return (
    <div className={clsx("group relative", className)}>
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
