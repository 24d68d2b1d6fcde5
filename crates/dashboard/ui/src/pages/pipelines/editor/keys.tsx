// The keys of the editor: those that work everywhere in it, those of the canvas, and the list of all of them.

import { type Dispatch, type KeyboardEvent, useEffect, useRef } from "react";
import { Dialog } from "@/design/dialog";
import type { Action, Document } from "./document";
import { useWords } from "./words";

/** Whether a key there belongs to something else than the canvas. */
export function isElsewhere(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  return (
    target.closest("input, textarea, select, [contenteditable=true], [role=dialog]") !== null ||
    document.querySelector("[role=dialog], [role=alertdialog]") !== null
  );
}

/** Whether the focus is on the canvas or on something in it. */
export function isOnCanvas(): boolean {
  return document.activeElement?.closest(".react-flow") != null;
}

/** What changes the document by keys, wherever in the editor the focus is, but not while something is written. */
export function useDocumentKeys(doc: Document, dispatch: Dispatch<Action>, readOnly: boolean) {
  const current = useRef(doc);
  current.current = doc;
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.defaultPrevented || isElsewhere(event.target)) return;
      const held = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      const { nodes } = current.current.definition;
      if (held && key === "a")
        dispatch({ do: "show", selection: { nodes: nodes.map(({ id }) => id), edges: [] } });
      else if (readOnly) return;
      else if (held && key === "z") dispatch({ do: event.shiftKey ? "redo" : "undo" });
      else if (held && key === "y") dispatch({ do: "redo" });
      else if (!held && (key === "delete" || key === "backspace")) {
        dispatch({ do: "remove" });
        // What had the focus may be gone.
        requestAnimationFrame(() => {
          if (document.activeElement === document.body)
            document.querySelector<HTMLElement>(".react-flow")?.focus();
        });
      } else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [dispatch, readOnly]);
}

/** What the keys of the canvas do. The node is the one that has the focus, or else the one selected. */
export interface CanvasKeys {
  add: (after: string | null) => void;
  connect: (from: string) => void;
  find: () => void;
  edit: (node: string) => void;
  help: () => void;
  fit: () => void;
  zoom: (by: "in" | "out") => void;
  pan: (x: number, y: number) => void;
}

const PAN = 60;
const PANS: Record<string, [number, number]> = {
  ArrowLeft: [PAN, 0],
  ArrowRight: [-PAN, 0],
  ArrowUp: [0, PAN],
  ArrowDown: [0, -PAN],
};

/** Handles the keys that work while the focus is in the canvas. */
export function canvasKey(event: KeyboardEvent, selected: string | null, keys: CanvasKeys): void {
  if (event.ctrlKey || event.metaKey || event.altKey || isElsewhere(event.target)) return;
  const focused = (event.target as Element).closest<HTMLElement>(".react-flow__node")?.dataset.id;
  const node = focused ?? selected;
  const pan = event.target === event.currentTarget ? PANS[event.key] : undefined;
  if (pan) keys.pan(...pan);
  else if (event.key === "a") keys.add(node);
  else if (event.key === "c" && node !== null) keys.connect(node);
  else if (event.key === "e" && node !== null) keys.edit(node);
  else if (event.key === "f") keys.find();
  else if (event.key === "?") keys.help();
  else if (event.key === "0") keys.fit();
  else if (event.key === "+" || event.key === "=") keys.zoom("in");
  else if (event.key === "-") keys.zoom("out");
  else return;
  event.preventDefault();
}

const LISTED = [
  ["A", "keys.add"],
  ["Tab", "keys.tab"],
  ["F", "keys.find"],
  ["Enter", "keys.select"],
  ["Shift Enter", "keys.more"],
  ["C", "keys.connect"],
  ["E", "keys.edit"],
  ["Esc", "keys.back"],
  ["← ↑ ↓ →", "keys.move"],
  ["Del", "keys.remove"],
  ["Ctrl C, X, V", "keys.copy"],
  ["Ctrl Z, Ctrl Y", "keys.undo"],
  ["Ctrl A", "keys.all"],
  ["+ − 0", "keys.zoom"],
] as const;

/** Those that change something. */
const CHANGES: readonly string[] = [
  "keys.add",
  "keys.connect",
  "keys.move",
  "keys.remove",
  "keys.copy",
  "keys.undo",
];

/** The list of all keys. */
export function KeyList({ onClose, readOnly }: { onClose: () => void; readOnly: boolean }) {
  const t = useWords();
  return (
    <Dialog open onClose={onClose} title={t("keys.title")} description={t("keys.hint")}>
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-2 text-sm">
        {LISTED.filter(([, what]) => !readOnly || !CHANGES.includes(what)).map(([key, what]) => (
          <div key={what} className="contents">
            <dt>
              <Key>{key}</Key>
            </dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

/** A key as it is written on the keyboard. */
function Key({ children }: { children: string }) {
  return (
    <kbd className="rounded-sm border border-line bg-sunken px-1 py-px font-mono text-2xs text-ink">
      {children}
    </kbd>
  );
}

/** The keys that one needs first, always in sight. */
export function KeyLine({ id, readOnly }: { id: string; readOnly: boolean }) {
  const t = useWords();
  const shown = (["add", "find", "select", "connect", "edit", "all"] as const).filter(
    (what) => !readOnly || (what !== "add" && what !== "connect"),
  );
  return (
    <p id={id} className="flex flex-wrap items-center gap-x-3 text-2xs text-soft max-md:hidden">
      {shown.map((what) => (
        <span key={what} className="inline-flex items-center gap-1">
          <Key>
            {{ add: "A", find: "F", select: "Enter", connect: "C", edit: "E", all: "?" }[what]}
          </Key>{" "}
          {t(`line.${what}`)}
        </span>
      ))}
    </p>
  );
}
