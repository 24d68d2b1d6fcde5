// What stands beside the canvas: the palette of node types, and the tools for what is selected.

import { useReactFlow } from "@xyflow/react";
import {
  ClipboardPaste,
  Copy,
  Keyboard,
  LayoutDashboard,
  Maximize,
  Redo2,
  Trash2,
  Undo2,
  ZoomIn,
  ZoomOut,
} from "lucide-react";
import type { Dispatch } from "react";
import type { Schemas } from "@/api/client";
import { IconButton } from "@/design/button";
import { DRAGGED, type LabelsOf } from "./canvas";
import type { Action, Document } from "./document";
import { arrange } from "./layout";
import { TypeIcon } from "./node-card";
import { useWords } from "./words";

/** The types of nodes, to drag or to press. */
export function Palette({
  types,
  disabled,
  onAdd,
}: {
  types: readonly Schemas["NodeType"][];
  disabled: boolean;
  onAdd: (type: string) => void;
}) {
  const t = useWords();
  return (
    <section
      aria-labelledby="palette-title"
      className="shrink-0 overflow-auto border-line bg-sunken p-2 max-lg:border-b lg:w-36 lg:border-r"
    >
      <h2 id="palette-title" className="px-1 pb-1 text-xs font-medium text-soft">
        {t("palette")}
      </h2>
      <p className="px-1 pb-2 text-2xs text-soft max-lg:hidden">{t("palette.hint")}</p>
      <ul className="flex gap-1 lg:flex-col">
        {types.map(({ name, summary }) => (
          <li key={name}>
            <button
              type="button"
              draggable={!disabled}
              disabled={disabled}
              title={summary}
              onDragStart={({ dataTransfer }) => {
                dataTransfer.setData(DRAGGED, name);
                dataTransfer.effectAllowed = "copy";
              }}
              onClick={() => onAdd(name)}
              className="flex h-8 w-full cursor-grab items-center gap-2 rounded-md border border-line bg-card px-2 text-sm hover:bg-hover disabled:pointer-events-none disabled:opacity-50"
            >
              <TypeIcon type={name} className="text-accent" />
              {name}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface ToolsProps {
  doc: Document;
  dispatch: Dispatch<Action>;
  labels: LabelsOf;
  readOnly: boolean;
  /** For the text: nothing can be changed but by it. */
  waiting: boolean;
  onCopy: () => void;
  onPaste: () => void;
  mayPaste: boolean;
  onHelp: () => void;
}

/** The tools over the canvas. */
export function Tools({
  doc,
  dispatch,
  labels,
  readOnly,
  waiting,
  onCopy,
  onPaste,
  mayPaste,
  onHelp,
}: ToolsProps) {
  const t = useWords();
  const flow = useReactFlow();
  const { nodes, edges } = doc.selection;
  const layOut = () => {
    dispatch({ do: "move", places: arrange(doc.definition, labels) });
    setTimeout(() => void flow.fitView({ maxZoom: 1, duration: 200 }));
  };
  return (
    <div
      role="toolbar"
      aria-label={t("toolbar")}
      className="absolute top-2 left-2 z-10 flex flex-wrap rounded-md border border-line bg-card"
    >
      {!readOnly && (
        <>
          <IconButton
            label={t("act.undo")}
            disabled={doc.past.length === 0}
            onClick={() => dispatch({ do: "undo" })}
          >
            <Undo2 />
          </IconButton>
          <IconButton
            label={t("act.redo")}
            disabled={doc.future.length === 0}
            onClick={() => dispatch({ do: "redo" })}
          >
            <Redo2 />
          </IconButton>
          <IconButton label={t("act.copy")} disabled={nodes.length === 0} onClick={onCopy}>
            <Copy />
          </IconButton>
          <IconButton label={t("act.paste")} disabled={!mayPaste || waiting} onClick={onPaste}>
            <ClipboardPaste />
          </IconButton>
          <IconButton
            label={t("act.remove")}
            disabled={waiting || nodes.length + edges.length === 0}
            onClick={() => dispatch({ do: "remove" })}
          >
            <Trash2 />
          </IconButton>
          <IconButton label={t("act.arrange")} onClick={layOut}>
            <LayoutDashboard />
          </IconButton>
        </>
      )}
      <IconButton label={t("act.zoomIn")} onClick={() => void flow.zoomIn()}>
        <ZoomIn />
      </IconButton>
      <IconButton label={t("act.zoomOut")} onClick={() => void flow.zoomOut()}>
        <ZoomOut />
      </IconButton>
      <IconButton label={t("act.fit")} onClick={() => void flow.fitView({ maxZoom: 1 })}>
        <Maximize />
      </IconButton>
      <IconButton label={t("keys.title")} className="max-md:hidden" onClick={onHelp}>
        <Keyboard />
      </IconButton>
    </div>
  );
}
