// Copies of nodes: as YAML on the clipboard, so that they go from one pipeline to another.

import { type Dispatch, useEffect, useRef, useState } from "react";
import { stringify } from "yaml";
import { parseYaml } from "@/api/exact-yaml";
import { useToast } from "@/design/toast";
import { readDefinition } from "../definition";
import { type Clip, clipOf } from "./copies";
import type { Action, Document } from "./document";
import { isElsewhere, isOnCanvas } from "./keys";
import { useWords } from "./words";

function textOf({ nodes, edges }: Clip): string {
  return stringify({ nodes, edges }, { aliasDuplicateObjects: false });
}

/** The nodes in a text that was copied somewhere. */
export function clipFrom(text: string): Clip | null {
  try {
    const read = readDefinition(parseYaml(text));
    if (typeof read === "string") return null;
    const nodes = read.nodes.filter(({ type }) => type !== "trigger");
    const ids = new Set(nodes.map(({ id }) => id));
    const edges = read.edges.filter(({ from, to }) => ids.has(from) && ids.has(to));
    return { nodes, edges, places: {} };
  } catch {
    return null;
  }
}

/** Copy and paste for the tools; the keys work for as long as the editor is shown. */
export function useClipboard(doc: Document, dispatch: Dispatch<Action>, readOnly: boolean) {
  const t = useWords();
  const { say } = useToast();
  const [clip, setClip] = useState<Clip | null>(null);
  const copy = () => {
    const made = clipOf(doc);
    if (made.nodes.length === 0) return null;
    setClip(made);
    say(t("said.copied"));
    return made;
  };
  const paste = () => {
    if (clip) dispatch({ do: "paste", clip });
  };
  const current = useRef({ clip, copy });
  current.current = { clip, copy };
  useEffect(() => {
    if (readOnly) return;
    const onCopy = (event: ClipboardEvent) => {
      // A text that is selected on the page is copied, unless the canvas has the focus.
      if (isElsewhere(event.target) || (!isOnCanvas() && getSelection()?.toString())) return;
      const made = current.current.copy();
      if (made === null) return;
      event.clipboardData?.setData("text/plain", textOf(made));
      event.preventDefault();
      if (event.type === "cut") dispatch({ do: "remove" });
    };
    const onPaste = (event: ClipboardEvent) => {
      if (isElsewhere(event.target)) return;
      const text = event.clipboardData?.getData("text/plain") ?? "";
      const { clip } = current.current;
      const pasted = clip && text === textOf(clip) ? clip : clipFrom(text);
      if (pasted === null || pasted.nodes.length === 0) return;
      event.preventDefault();
      dispatch({ do: "paste", clip: pasted });
    };
    document.addEventListener("copy", onCopy);
    document.addEventListener("cut", onCopy);
    document.addEventListener("paste", onPaste);
    return () => {
      document.removeEventListener("copy", onCopy);
      document.removeEventListener("cut", onCopy);
      document.removeEventListener("paste", onPaste);
    };
  }, [dispatch, readOnly]);
  return { copy: () => void copy(), paste, mayPaste: clip !== null };
}
