// What fields hold that cannot be read: the document keeps it, and whoever wants to save is led to it.

import {
  createContext,
  type Dispatch,
  type RefObject,
  use,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { Button } from "@/design/button";
import type { Action, Document } from "./document";
import type { Unread } from "./unread-texts";
import { useWords } from "./words";

/** A field of a node, or of the pipeline. */
export type FieldPlace = Pick<Unread, "node" | "field">;

interface Texts {
  /** The node whose fields are shown. */
  node: string | null;
  texts: readonly Unread[];
  dispatch: Dispatch<Action>;
  /** The field that is to get the focus. */
  goal: FieldPlace | null;
  onGoal: () => void;
}

const InTexts = createContext<Texts>({
  node: null,
  texts: [],
  dispatch() {},
  goal: null,
  onGoal() {},
});

/** Around the fields of a node, or of the pipeline. */
export function UnreadTexts({ children, ...texts }: Texts & { children: React.ReactNode }) {
  const { node, texts: all, dispatch, goal, onGoal } = texts;
  const value = useMemo(
    () => ({ node, texts: all, dispatch, goal, onGoal }),
    [node, all, dispatch, goal, onGoal],
  );
  return <InTexts value={value}>{children}</InTexts>;
}

const FOCUSABLE = "input, textarea, [contenteditable=true]";

/** For a field: its text that cannot be read, how it tells of one, and where the focus finds it. */
export function useUnread(field: string): {
  text: string | undefined;
  report: (text: string | null) => void;
  place: RefObject<HTMLDivElement | null>;
} {
  const { node, texts, dispatch, goal, onGoal } = use(InTexts);
  const place = useRef<HTMLDivElement>(null);
  const isGoal = goal !== null && goal.node === node && goal.field === field;
  useEffect(() => {
    if (!isGoal) return;
    // After a window in which the form opens has given the focus to its first field.
    const timer = setTimeout(() => {
      place.current?.querySelector<HTMLElement>(FOCUSABLE)?.focus();
      onGoal();
    });
    return () => clearTimeout(timer);
  }, [isGoal, onGoal]);
  return {
    text: texts.find((one) => one.node === node && one.field === field)?.text,
    report: (text) => dispatch({ do: "unread", node, field, text }),
    place,
  };
}

interface ObstacleProps {
  id: string;
  doc: Document;
  onField: (place: FieldPlace) => void;
  onText: () => void;
}

/** Why the document cannot be saved as it is shown. It leads to where that is. */
export function Obstacle({ id, doc, onField, onText }: ObstacleProps) {
  const t = useWords();
  const [first] = doc.unread;
  if (doc.draft === null && first === undefined) return null;
  return (
    <button
      id={id}
      type="button"
      className="min-w-0 text-left text-sm text-bad underline underline-offset-2"
      onClick={() => (doc.draft === null && first ? onField(first) : onText())}
    >
      {doc.draft === null && first
        ? t("unread.field", { field: nameOf(first, t) })
        : t("unread.yaml")}
    </button>
  );
}

/** A text that is being written is often not understood for a moment. */
const MOMENT_MS = 500;

/** Whether the canvas and the forms wait for the text to be understood. */
export function useWaiting({ draft }: Document): boolean {
  const [waiting, setWaiting] = useState(false);
  const unclear = draft !== null;
  useEffect(() => {
    const timer = setTimeout(() => setWaiting(unclear), unclear ? MOMENT_MS : 0);
    return () => clearTimeout(timer);
  }, [unclear]);
  return waiting && unclear;
}

/** Says that they wait, and what can be done. */
export function Waiting({ dispatch, onText }: { dispatch: Dispatch<Action>; onText: () => void }) {
  const t = useWords();
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-2 rounded-md border border-bad bg-bad-wash px-3 py-2 text-sm"
    >
      <p className="min-w-0 flex-1 basis-56">{t("yaml.wait")}</p>
      <Button small onClick={onText}>
        {t("yaml.go")}
      </Button>
      <Button small onClick={() => dispatch({ do: "understood" })}>
        {t("yaml.drop")}
      </Button>
    </div>
  );
}

const PARTS = ["inputs", "vars", "agents", "outputs", "limits"] as const;

function nameOf({ node, field }: FieldPlace, t: ReturnType<typeof useWords>): string {
  const part = PARTS.find((one) => one === field);
  if (node === null) return part ? t(`field.${part}`) : field;
  return `${node}: ${field === "id" ? t("node.id") : field.replace(/^config\//, "")}`;
}
