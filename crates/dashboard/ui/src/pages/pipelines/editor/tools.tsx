// What stands beside the canvas: the palette of node types, and the tools for what is selected.

import { useReactFlow } from "@xyflow/react";
import {
  ClipboardPaste,
  Copy,
  Ellipsis,
  Keyboard,
  LayoutDashboard,
  Maximize,
  Redo2,
  Trash2,
  Undo2,
  ZoomIn,
  ZoomOut,
} from "lucide-react";
import type { Dispatch, ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { IconButton } from "@/design/button";
import { Menu, MenuItem } from "@/design/menu";
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

interface Tool {
  label: string;
  icon: ReactNode;
  use: () => void;
  disabled?: boolean;
  /** On a phone it stands behind a menu. */
  seldom?: boolean;
}

interface ToolsProps {
  doc: Document;
  dispatch: Dispatch<Action>;
  labels: LabelsOf;
  readOnly: boolean;
  narrow: boolean;
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
  narrow,
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
  const tools: Tool[] = readOnly
    ? []
    : [
        {
          label: t("act.undo"),
          icon: <Undo2 />,
          disabled: doc.past.length === 0,
          use: () => dispatch({ do: "undo" }),
        },
        {
          label: t("act.redo"),
          icon: <Redo2 />,
          disabled: doc.future.length === 0,
          use: () => dispatch({ do: "redo" }),
        },
        {
          label: t("act.copy"),
          icon: <Copy />,
          disabled: nodes.length === 0,
          use: onCopy,
          seldom: true,
        },
        {
          label: t("act.paste"),
          icon: <ClipboardPaste />,
          disabled: !mayPaste || waiting,
          use: onPaste,
          seldom: true,
        },
        {
          label: t("act.remove"),
          icon: <Trash2 />,
          disabled: waiting || nodes.length + edges.length === 0,
          use: () => dispatch({ do: "remove" }),
          seldom: true,
        },
        { label: t("act.arrange"), icon: <LayoutDashboard />, use: layOut, seldom: true },
      ];
  tools.push(
    { label: t("act.zoomIn"), icon: <ZoomIn />, use: () => void flow.zoomIn() },
    { label: t("act.zoomOut"), icon: <ZoomOut />, use: () => void flow.zoomOut() },
    { label: t("act.fit"), icon: <Maximize />, use: () => void flow.fitView({ maxZoom: 1 }) },
  );
  if (!narrow) tools.push({ label: t("keys.title"), icon: <Keyboard />, use: onHelp });
  const behind = tools.filter(({ seldom }) => narrow && seldom);
  return (
    <div
      role="toolbar"
      aria-label={t("toolbar")}
      className="absolute top-2 left-2 z-10 flex flex-wrap rounded-md border border-line bg-card"
    >
      {tools
        .filter((tool) => !behind.includes(tool))
        .map(({ label, icon, disabled, use }) => (
          <IconButton key={label} label={label} disabled={disabled} onClick={use}>
            {icon}
          </IconButton>
        ))}
      {behind.length > 0 && (
        <Menu
          align="start"
          trigger={
            <IconButton label={t("tools.more")}>
              <Ellipsis />
            </IconButton>
          }
        >
          {behind.map(({ label, icon, disabled = false, use }) => (
            <MenuItem key={label} icon={icon} disabled={disabled} onSelect={use}>
              {label}
            </MenuItem>
          ))}
        </Menu>
      )}
    </div>
  );
}
