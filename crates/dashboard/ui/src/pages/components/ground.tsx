// Colours and type: what all components stand on.

import { useWords } from "./words";

const GROUNDS = ["paper", "card", "sunken", "hover", "line", "line-strong", "accent", "ink"];
const INKS = ["ink", "soft", "faint", "accent", "good", "busy", "wait", "bad"];
const TONES = ["accent", "good", "busy", "wait", "bad"];
const SIZES = ["text-2xs", "text-xs", "text-sm", "text-base", "text-lg", "text-xl"];

/** The colours, by the names that the theme gives them. */
export function Colours() {
  const t = useWords();
  return (
    <>
      <h3 className="text-sm text-soft">{t("grounds")}</h3>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(7rem,1fr))] gap-2">
        {GROUNDS.map((name) => (
          <li key={name} className="flex flex-col gap-1 text-xs text-soft">
            <span
              className="h-10 rounded-md border border-line"
              style={{ background: `var(--${name})` }}
            />
            <code>{name}</code>
          </li>
        ))}
      </ul>
      <h3 className="text-sm text-soft">{t("inks")}</h3>
      <ul className="flex flex-wrap gap-x-5 gap-y-2 rounded-lg border border-line bg-card p-4">
        {INKS.map((name) => (
          <li key={name} style={{ color: `var(--${name})` }}>
            {name}
          </li>
        ))}
        {TONES.map((name) => (
          <li
            key={name}
            className="rounded-md px-2"
            style={{ color: `var(--${name})`, background: `var(--${name}-wash)` }}
          >
            {name}-wash
          </li>
        ))}
      </ul>
    </>
  );
}

/** The sizes of type, and the two families. */
export function Type() {
  const t = useWords();
  return (
    <ul className="flex flex-col gap-2 rounded-lg border border-line bg-card p-4">
      {SIZES.map((size) => (
        <li key={size} className="flex flex-wrap items-baseline gap-x-4">
          <code className="w-20 text-xs text-soft">{size}</code>
          <span className={size}>
            {t("sentence")} <b className="font-semibold">0123456789</b>
          </span>
        </li>
      ))}
      <li className="flex flex-wrap items-baseline gap-x-4">
        <code className="w-20 text-xs text-soft">font-mono</code>
        <span className="font-mono">
          {t("sentence")} 0O 1lI {"{}"}
        </span>
      </li>
    </ul>
  );
}
