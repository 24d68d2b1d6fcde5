// The canvas: nodes and edges to move, connect and select. What is done goes to the document.

import {
  applyEdgeChanges,
  applyNodeChanges,
  Background,
  type Connection,
  type Edge,
  type EdgeChange,
  MiniMap,
  type NodeChange,
  ReactFlow,
  SelectionMode,
  useReactFlow,
} from "@xyflow/react";
import { type Dispatch, type DragEvent, useCallback, useEffect, useRef, useState } from "react";
import type { Schemas } from "@/api/client";
import { useTheme } from "@/app/theme";
import { mayConnect } from "./connections";
import type { Action, Document, Selection } from "./document";
import { drawEdges, drawNodes, EDGE_COLOURS, edgeIndex, type Marks, NODE_KINDS } from "./drawing";
import { type CanvasKeys, canvasKey } from "./keys";
import { complete, NODE_WIDTH, openingOf, type Places } from "./layout";
import { BeginEdge, type CardNode } from "./node-card";
import { useWords } from "./words";

/** What the palette drags. */
export const DRAGGED = "application/x-gathering-node";

/** From so many nodes on, only those in sight are drawn. */
const MANY = 80;

/** The labels that edges of a type of nodes may have. */
export type LabelsOf = (type: string) => readonly string[];

/** The labels of the types that the server has. */
export function labelsOf(types: readonly Schemas["NodeType"][]): LabelsOf {
  const labels = new Map(types.map((type) => [type.name, type.labels]));
  const none: string[] = [];
  return (type) => labels.get(type) ?? none;
}

interface CanvasProps {
  doc: Document;
  dispatch: Dispatch<Action>;
  labels: LabelsOf;
  marks: Marks;
  readOnly: boolean;
  /** The element that describes its keys. */
  describedBy: string;
  keys: Pick<CanvasKeys, "add" | "connect" | "find" | "edit" | "help">;
  onBeginEdge: (from: string, when: string) => void;
}

/** The canvas. Only below a `ReactFlowProvider`. */
export function Canvas({
  doc,
  dispatch,
  labels,
  marks,
  readOnly,
  describedBy,
  keys,
  onBeginEdge,
}: CanvasProps) {
  const t = useWords();
  const theme = useTheme();
  const flow = useReactFlow();
  const { definition, places, stamp, selection } = doc;
  const [nodes, setNodes] = useState<CardNode[]>([]);
  const [edges, setEdges] = useState<Edge[]>([]);
  const drawnStamp = useRef(-1);
  const [opening] = useState(() => openingOf(complete(places, definition, labels)));

  // The canvas owns what is selected, until the document has selected something else.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the selection counts with its stamp alone
  useEffect(() => {
    const chosen = stamp !== drawnStamp.current ? doc.selection : null;
    const all = complete(places, definition, labels);
    setNodes((before) =>
      drawNodes(
        { definition, places: all, labels, marks },
        before,
        chosen && new Set(chosen.nodes),
      ),
    );
    setEdges((before) => drawEdges({ definition, marks }, before, chosen && new Set(chosen.edges)));
    drawnStamp.current = stamp;
  }, [definition, places, labels, marks, stamp]);

  const onNodesChange = useCallback(
    (changes: NodeChange<CardNode>[]) => {
      setNodes((before) => applyNodeChanges(changes, before));
      const moved: Places = Object.create(null);
      for (const change of changes) {
        if (change.type === "position" && change.dragging === false && change.position) {
          moved[change.id] = {
            x: Math.round(change.position.x),
            y: Math.round(change.position.y),
          };
        }
      }
      if (Object.keys(moved).length > 0) dispatch({ do: "move", places: moved });
    },
    [dispatch],
  );
  const onEdgesChange = useCallback((changes: EdgeChange[]) => {
    setEdges((before) => applyEdgeChanges(changes, before));
  }, []);
  const onSelectionChange = useCallback(
    (selected: { nodes: { id: string }[]; edges: { id: string }[] }) => {
      const selection: Selection = {
        nodes: selected.nodes.map(({ id }) => id),
        edges: selected.edges.map(({ id }) => edgeIndex(id)),
      };
      dispatch({ do: "select", selection });
    },
    [dispatch],
  );
  const onConnect = useCallback(
    ({ source, target, sourceHandle }: Connection) =>
      dispatch({ do: "connect", from: source, to: target, when: sourceHandle ?? "" }),
    [dispatch],
  );
  const isValidConnection = useCallback(
    ({ source, target, sourceHandle }: Connection | Edge) =>
      mayConnect(definition, source, target, sourceHandle ?? ""),
    [definition],
  );
  const onDrop = (event: DragEvent) => {
    const type = event.dataTransfer.getData(DRAGGED);
    if (!type) return;
    event.preventDefault();
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const place = { x: Math.round(x - NODE_WIDTH / 2), y: Math.round(y - 29) };
    dispatch({ do: "add", type, place });
  };
  const [only, ...others] = selection.nodes;
  return (
    <BeginEdge value={readOnly ? null : onBeginEdge}>
      <ReactFlow<CardNode>
        aria-label={t("canvas")}
        aria-describedby={describedBy}
        tabIndex={0}
        className="focus-visible:!outline-2 focus-visible:!-outline-offset-2"
        colorMode={theme}
        style={EDGE_COLOURS}
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_KINDS}
        onNodesChange={onNodesChange}
        onEdgesChange={onEdgesChange}
        onSelectionChange={onSelectionChange}
        onConnect={onConnect}
        isValidConnection={isValidConnection}
        onDrop={onDrop}
        onDragOver={(event) => {
          if (!event.dataTransfer.types.includes(DRAGGED)) return;
          event.preventDefault();
          event.dataTransfer.dropEffect = "copy";
        }}
        onKeyDown={(event) =>
          canvasKey(event, others.length === 0 ? (only ?? null) : null, {
            ...keys,
            fit: () => void flow.fitView({ maxZoom: 1 }),
            zoom: (by) => void (by === "in" ? flow.zoomIn() : flow.zoomOut()),
            pan: (x, y) => {
              const now = flow.getViewport();
              void flow.setViewport({ ...now, x: now.x + x, y: now.y + y });
            },
          })
        }
        nodesDraggable={!readOnly}
        nodesConnectable={!readOnly}
        connectionRadius={28}
        deleteKeyCode={null}
        multiSelectionKeyCode={MULTI}
        selectionMode={SelectionMode.Partial}
        onlyRenderVisibleElements={nodes.length > MANY}
        minZoom={0.1}
        maxZoom={2}
        fitView
        fitViewOptions={opening}
        ariaLabelConfig={{
          "node.a11yDescription.default": t(readOnly ? "canvas.viewHint" : "canvas.hint"),
          "node.a11yDescription.keyboardDisabled": t("canvas.viewHint"),
          "node.a11yDescription.ariaLiveMessage": ({ x, y }) => t("canvas.moved", { x, y }),
          "edge.a11yDescription.default": t(readOnly ? "canvas.viewHint" : "canvas.edgeHint"),
        }}
        proOptions={PLAIN}
      >
        <Background />
        <MiniMap
          pannable
          zoomable
          ariaLabel={t("minimap")}
          className="max-md:hidden"
          style={MINIMAP}
          nodeColor={colourOf}
          bgColor="var(--sunken)"
        />
      </ReactFlow>
    </BeginEdge>
  );
}

// What is the same each time, so that nothing is drawn anew for it.
const MULTI = ["Shift", "Meta", "Control"];
const PLAIN = { hideAttribution: true };
const MINIMAP = { width: 140, height: 90 };
const colourOf = (node: { data: Record<string, unknown> }) =>
  node.data.fault ? "var(--bad)" : "var(--line-strong)";
