// The definition as text beside the canvas, in step with it both ways.

import { yaml } from "@codemirror/lang-yaml";
import { EditorView, minimalSetup } from "codemirror";
import { useEffect, useRef } from "react";
import { CODE_LOOK } from "./code-look";
import type { TextFault } from "./document";
import { useWords } from "./words";

const FULL = EditorView.theme({
  "&": { height: "100%" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
});

interface TextProps {
  text: string;
  fault: TextFault | null;
  readOnly: boolean;
  onChange: (text: string) => void;
  /** Each time it rises, the text gets the focus where its fault is. */
  goal: number;
}

/** The text. */
export function YamlText({ text, fault, readOnly, onChange, goal }: TextProps) {
  const t = useWords();
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const first = useRef(text);
  const change = useRef(onChange);
  change.current = onChange;
  const taking = useRef(false);
  /** What was written here and has not come back yet: it must not replace what was written since. */
  const underWay = useRef(new Set<string>());
  const label = t("yaml.label");
  useEffect(() => {
    if (place.current === null) return;
    const made = new EditorView({
      parent: place.current,
      doc: first.current,
      extensions: [
        minimalSetup,
        yaml(),
        CODE_LOOK,
        FULL,
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
        EditorView.editable.of(!readOnly),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged || taking.current) return;
          const written = update.state.doc.toString();
          underWay.current.add(written);
          change.current(written);
        }),
      ],
    });
    view.current = made;
    return () => {
      first.current = made.state.doc.toString();
      made.destroy();
      view.current = null;
    };
  }, [label, readOnly]);
  useEffect(() => {
    const shown = view.current;
    if (shown === null) return;
    const isShown = shown.state.doc.toString() === text;
    if (!isShown && underWay.current.has(text)) return;
    underWay.current.clear();
    if (isShown) return;
    taking.current = true;
    shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: text } });
    taking.current = false;
  }, [text]);
  const line = fault !== null && typeof fault !== "string" ? fault.line : null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a fault alone does not take the focus
  useEffect(() => {
    const shown = view.current;
    if (goal === 0 || shown === null) return;
    const { doc } = shown.state;
    const anchor = line === null ? 0 : doc.line(Math.min(Math.max(line, 1), doc.lines)).from;
    shown.dispatch({ selection: { anchor }, scrollIntoView: true });
    shown.focus();
  }, [goal]);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div ref={place} className="min-h-0 flex-1 overflow-hidden" />
      <p className="border-t border-line px-3 py-1 text-2xs text-soft">{t("yaml.comments")}</p>
      {fault !== null && (
        <div role="status" className="border-t border-bad bg-bad-wash px-3 py-2 text-xs">
          <p className="text-bad">
            {typeof fault === "string"
              ? t(`yaml.${fault}`)
              : t("yaml.syntax", { line: fault.line ?? "?", message: fault.message })}
          </p>
          <p className="text-soft">{t("yaml.stale")}</p>
        </div>
      )}
    </div>
  );
}
