// Two texts as one: lines that were removed and added, and few of those around them.

import clsx from "clsx";
import { Fragment, useMemo, useState } from "react";
import { useVocabulary } from "@/i18n/vocabulary";
import { Button } from "./button";
import { compareLines, type DiffLine } from "./diff";

const MARKS = { same: " ", removed: "−", added: "+" };
/** Unchanged lines that are shown around those that changed. */
const AROUND = 3;
/** So many lines are shown at first, and by each step further. */
const PAGE = 1_000;

interface DiffTextProps {
  from: string;
  to: string;
  label: string;
  /** What is said where nothing differs. */
  same: string;
}

/** The texts. */
export function DiffText({ from, to, label, same }: DiffTextProps) {
  const t = useVocabulary();
  const { parts, count, coarse } = useMemo(() => {
    const { lines, coarse } = compareLines(from.trimEnd(), to.trimEnd());
    const parts = partsOf(lines);
    return { parts, count: parts.reduce((sum, { lines }) => sum + lines.length, 0), coarse };
  }, [from, to]);
  const [most, setMost] = useState(PAGE);
  if (parts.length === 0) return <p className="px-4 py-2 text-sm text-soft">{same}</p>;
  return (
    <>
      {coarse && <p className="px-4 py-2 text-sm text-soft">{t("diff.coarse", { count })}</p>}
      <div role="region" aria-label={label} tabIndex={0} className="overflow-x-auto">
        <ol className="w-max min-w-full py-2 font-mono text-xs">
          {firstLines(parts, most).map(({ at, skipped, lines }) => (
            <Fragment key={at}>
              {skipped > 0 && (
                <li className="bg-sunken px-4 text-soft select-none">
                  {t("diff.skipped", { count: skipped })}
                </li>
              )}
              {lines.map(({ kind, text }, place) => (
                <li
                  // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other name than its place
                  key={place}
                  className={clsx(
                    "flex px-4 leading-5 whitespace-pre",
                    kind === "added" && "bg-good-wash text-good",
                    kind === "removed" && "bg-bad-wash text-bad",
                  )}
                >
                  <span aria-hidden className="w-5 shrink-0 select-none">
                    {MARKS[kind]}
                  </span>
                  {kind !== "same" && <span className="sr-only">{t(`diff.${kind}`)}: </span>}
                  <span>{text || " "}</span>
                </li>
              ))}
            </Fragment>
          ))}
        </ol>
      </div>
      {count > most && (
        <Button small className="mx-4 mb-2" onClick={() => setMost(most + PAGE)}>
          {t("diff.more", { count: Math.min(PAGE, count - most) })}
        </Button>
      )}
    </>
  );
}

interface Part {
  /** The place of its first line. */
  at: number;
  /** How many lines before it are not shown. */
  skipped: number;
  lines: DiffLine[];
}

/** The lines near a change, in parts. */
export function partsOf(lines: readonly DiffLine[]): Part[] {
  const parts: Part[] = [];
  let shownTo = 0;
  lines.forEach(({ kind }, at) => {
    if (kind === "same") return;
    const begin = Math.max(shownTo, at - AROUND);
    const end = Math.min(lines.length, at + AROUND + 1);
    const last = parts.at(-1);
    if (last && begin <= shownTo) last.lines.push(...lines.slice(shownTo, end));
    else parts.push({ at: begin, skipped: begin - shownTo, lines: lines.slice(begin, end) });
    shownTo = Math.max(shownTo, end);
  });
  return parts;
}

/** The parts up to that many lines. */
export function firstLines(parts: readonly Part[], most: number): Part[] {
  let left = most;
  return parts.flatMap((part) => {
    if (left <= 0) return [];
    const lines = part.lines.slice(0, left);
    left -= lines.length;
    return [{ ...part, lines }];
  });
}
