// How code looks where it is written: the colours of the pages, in both themes.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ink)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--busy)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator, tags.meta], color: "var(--soft)" },
]);

/** Colours and the lists of completions. */
export const CODE_LOOK = [
  syntaxHighlighting(COLOURS),
  EditorView.theme({
    "&": { fontSize: "12px", backgroundColor: "transparent" },
    ".cm-content": { fontFamily: "var(--font-mono)", caretColor: "var(--ink)" },
    ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.5" },
    ".cm-cursor": { borderLeftColor: "var(--ink)" },
    "& .cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground":
      { backgroundColor: "var(--accent-wash)" },
    ".cm-tooltip": {
      backgroundColor: "var(--card)",
      border: "1px solid var(--line)",
      borderRadius: "6px",
      boxShadow: "var(--shadow)",
      color: "var(--ink)",
    },
    ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-mono)", fontSize: "12px" },
    ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
      backgroundColor: "var(--accent-wash)",
      color: "var(--ink)",
    },
    ".cm-completionDetail": { color: "var(--soft)", fontStyle: "normal" },
    ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
  }),
];
