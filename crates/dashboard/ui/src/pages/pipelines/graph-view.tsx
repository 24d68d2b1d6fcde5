// A graph to look at: one can go about in it, and change nothing.

import {
  Background,
  Controls,
  type Edge,
  MiniMap,
  type Node,
  type NodeTypes,
  ReactFlow,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import clsx from "clsx";
import { type CSSProperties, type RefObject, useEffect, useMemo, useRef } from "react";
import { useTheme } from "@/app/theme";
import { EDGE_COLOURS } from "./editor/drawing";
import { heightOf, openingOf } from "./editor/layout";
import { useWords } from "./editor/words";

/** From so many nodes on, a map of them helps. */
const MAPPED = 20;
/** From so many nodes on, only those that are seen are drawn. */
const MANY = 80;

/** Room above and below the nodes, in pixels. */
const ROOM = 96;

/** As high as its nodes need, within what the window has: much of it where there is room, little on a phone. */
const HEIGHT =
  "h-[max(12rem,min(60dvh,var(--needed)*0.7))] " +
  "sm:h-[max(20rem,min(100dvh-12rem,max(var(--needed),min(55dvh,32rem))))]";

/** What a node shows, as far as its size depends on it. */
type Sized = Node<{ ports: string[] }>;

interface GraphViewProps<N extends Sized> {
  label: string;
  nodes: N[];
  edges: Edge[];
  kinds: NodeTypes;
  /** The colour of a node on the map of many. */
  colourOf?: (node: N) => string;
  /** The node that one looks for first. */
  around?: string | undefined;
  className?: string;
}

/** The graph. */
export function GraphView<N extends Sized>({
  label,
  nodes,
  edges,
  kinds,
  colourOf,
  around,
  className,
}: GraphViewProps<N>) {
  const e = useWords();
  const theme = useTheme();
  const moved = useRef(false);
  const { needed, opening } = useMemo(() => {
    const places = Object.fromEntries(nodes.map(({ id, position }) => [id, position]));
    const top = Math.min(...nodes.map(({ position }) => position.y));
    const end = Math.max(
      ...nodes.map(({ position, data }) => position.y + heightOf(data.ports.length)),
    );
    return { needed: end - top + ROOM, opening: openingOf(places, undefined, around) };
  }, [nodes, around]);
  return (
    <div
      className={clsx("overflow-hidden", HEIGHT, className)}
      style={{ "--needed": `${needed}px` } as CSSProperties}
    >
      <ReactFlow<N>
        aria-label={label}
        colorMode={theme}
        style={EDGE_COLOURS}
        nodes={nodes}
        edges={edges}
        nodeTypes={kinds}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        preventScrolling={false}
        onlyRenderVisibleElements={nodes.length > MANY}
        minZoom={0.1}
        fitView
        fitViewOptions={opening}
        onMoveStart={(event) => {
          // By somebody, not by the page.
          if (event !== null) moved.current = true;
        }}
        ariaLabelConfig={{
          "controls.ariaLabel": e("toolbar"),
          "controls.zoomIn.ariaLabel": e("act.zoomIn"),
          "controls.zoomOut.ariaLabel": e("act.zoomOut"),
          "controls.fitView.ariaLabel": e("act.fit"),
        }}
        proOptions={{ hideAttribution: true }}
      >
        <Background />
        <Fitted opening={opening} moved={moved} />
        <Controls showInteractive={false} orientation="horizontal" />
        {nodes.length > MAPPED && (
          <MiniMap<N>
            pannable
            zoomable
            ariaLabel={e("minimap")}
            className="max-md:hidden"
            {...(colourOf && { nodeColor: colourOf })}
            bgColor="var(--sunken)"
          />
        )}
      </ReactFlow>
    </div>
  );
}

interface FittedProps {
  opening: ReturnType<typeof openingOf>;
  moved: RefObject<boolean>;
}

/** Fits the graph again when its window gets another size, until somebody has moved it. */
function Fitted({ opening, moved }: FittedProps) {
  const flow = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const before = useRef<string | null>(null);
  const now = useRef(opening);
  now.current = opening;
  useEffect(() => {
    if (width === 0 || height === 0) return;
    const size = `${width} ${height}`;
    if (before.current !== null && before.current !== size && !moved.current) {
      void flow.fitView(now.current);
    }
    before.current = size;
  }, [flow, width, height, moved]);
  return null;
}
