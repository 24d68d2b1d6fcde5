// The graph of a run as it goes on.

import {
  Background,
  Controls,
  type Edge,
  MarkerType,
  MiniMap,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useCallback, useMemo, useRef } from "react";
import type { Schemas } from "@/api/client";
import { useTheme } from "@/app/theme";
import { TONES, type Tone } from "@/design/status";
import { type Definition, labelOf } from "../pipelines/definition";
import { EDGE_COLOURS } from "../pipelines/editor/drawing";
import {
  complete,
  heightOf,
  NODE_WIDTH,
  openingOf,
  portsOf,
  storedPlaces,
  usedLabels,
} from "../pipelines/editor/layout";
import { useWords as useEditorWords } from "../pipelines/editor/words";
import { RunCard, type RunCardNode } from "./run-card";
import { type Taken, takenOf } from "./taken";
import { useWords } from "./words";

const KINDS = { run: RunCard };
/** From so many nodes on, a map of them helps. */
const MAPPED = 20;
/** From so many nodes on, only those that are seen are drawn. */
const MANY = 80;

const MAP_COLOURS: Record<Tone, string> = {
  good: "var(--good)",
  busy: "var(--busy)",
  wait: "var(--wait)",
  bad: "var(--bad)",
  idle: "var(--line-strong)",
};

interface GraphProps {
  /** Where its nodes were placed by hand; a definition that came with a run has none. */
  pipelineId: string | null;
  definition: Definition;
  types: Schemas["NodeType"][];
  nodes: Schemas["Node"][];
  chosen: string | undefined;
  onChoose: (id: string) => void;
}

/** The graph. */
export default function RunGraph(props: GraphProps) {
  return (
    <ReactFlowProvider>
      <Flow {...props} />
    </ReactFlowProvider>
  );
}

/** Room above and below the nodes, in pixels. */
const ROOM = 120;
const LEAST_HEIGHT = 288;

function Flow({ pipelineId, definition, types, nodes, chosen, onChoose }: GraphProps) {
  const t = useWords();
  const e = useEditorWords();
  const theme = useTheme();
  const flow = useReactFlow<RunCardNode>();
  const states = useMemo(() => new Map(nodes.map((node) => [node.id, node])), [nodes]);
  const { places, ports, height, opening } = useMemo(() => {
    const labels = (type: string) => types.find(({ name }) => name === type)?.labels ?? [];
    const used = usedLabels(definition);
    const places = complete(
      pipelineId === null ? {} : storedPlaces(pipelineId),
      definition,
      labels,
    );
    const ports = new Map(
      definition.nodes.map((node) => [
        node.id,
        portsOf(node, labels(node.type), used.get(node.id)),
      ]),
    );
    const tops = Object.values(places).map(({ y }) => y);
    const ends = definition.nodes.map(
      ({ id }) => (places[id]?.y ?? 0) + heightOf(ports.get(id)?.length ?? 0),
    );
    const height = Math.max(...ends) - Math.min(...tops) + ROOM;
    return { places, ports, height, opening: openingOf(places) };
  }, [pipelineId, definition, types]);
  // Whoever goes through the nodes by keyboard sees the one where they are.
  const onFocus = useCallback(
    (id: string) => {
      const place = places[id];
      if (!place || !document.activeElement?.matches(":focus-visible")) return;
      void flow.setCenter(
        place.x + NODE_WIDTH / 2,
        place.y + heightOf(ports.get(id)?.length ?? 0) / 2,
        { zoom: Math.max(flow.getZoom(), 0.6) },
      );
    },
    [flow, places, ports],
  );
  const before = useRef(new Map<string, RunCardNode>());
  const cards = useMemo(() => {
    const drawn = definition.nodes.map((node): RunCardNode => {
      const state = states.get(node.id);
      const old = before.current.get(node.id);
      const isChosen = node.id === chosen;
      const same =
        old?.data.node === node &&
        old.data.chosen === isChosen &&
        old.data.onChoose === onChoose &&
        old.data.onFocus === onFocus &&
        looksAlike(old.data.state, state);
      if (same) return old;
      return {
        id: node.id,
        type: "run",
        position: places[node.id] ?? { x: 0, y: 0 },
        data: {
          node,
          state,
          ports: ports.get(node.id) ?? [],
          chosen: isChosen,
          onChoose,
          onFocus,
        },
      };
    });
    before.current = new Map(drawn.map((card) => [card.id, card]));
    return drawn;
  }, [definition, states, places, ports, chosen, onChoose, onFocus]);
  const edges = useMemo(
    () =>
      definition.edges.flatMap((edge, index): Edge[] => {
        if (!places[edge.from] || !places[edge.to]) return [];
        const label = labelOf(edge);
        const taken = takenOf(edge, states);
        return [
          {
            id: String(index),
            source: edge.from,
            target: edge.to,
            sourceHandle: label === "" ? null : label,
            focusable: false,
            style: STROKES[taken],
            markerEnd: { type: MarkerType.ArrowClosed, color: STROKES[taken].stroke },
            ariaLabel: `${edge.from} → ${edge.to}`,
          },
        ];
      }),
    [definition, places, states],
  );
  return (
    <div
      className="max-h-[max(20rem,min(36rem,calc(100dvh-14rem)))] overflow-hidden rounded-lg border border-line bg-card"
      style={{ height: Math.max(height, LEAST_HEIGHT) }}
    >
      <ReactFlow<RunCardNode>
        aria-label={t("graph.label", { nodes: cards.length })}
        colorMode={theme}
        style={EDGE_COLOURS}
        nodes={cards}
        edges={edges}
        nodeTypes={KINDS}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        preventScrolling={false}
        onlyRenderVisibleElements={cards.length > MANY}
        minZoom={0.1}
        fitView
        fitViewOptions={opening}
        ariaLabelConfig={{
          "controls.ariaLabel": e("toolbar"),
          "controls.zoomIn.ariaLabel": e("act.zoomIn"),
          "controls.zoomOut.ariaLabel": e("act.zoomOut"),
          "controls.fitView.ariaLabel": e("act.fit"),
        }}
        proOptions={{ hideAttribution: true }}
      >
        <Background />
        <Controls showInteractive={false} />
        {cards.length > MAPPED && (
          <MiniMap<RunCardNode>
            pannable
            zoomable
            ariaLabel={e("minimap")}
            className="max-md:hidden"
            nodeColor={({ data }) => MAP_COLOURS[TONES[data.state?.status ?? "pending"]]}
            bgColor="var(--sunken)"
          />
        )}
      </ReactFlow>
    </div>
  );
}

const STROKES: Record<Taken, { stroke: string; strokeWidth: number; strokeDasharray?: string }> = {
  yes: { stroke: "var(--soft)", strokeWidth: 2 },
  open: { stroke: "var(--line-strong)", strokeWidth: 1.25, strokeDasharray: "6 4" },
  no: { stroke: "var(--line)", strokeWidth: 1.25, strokeDasharray: "2 4" },
};

/** Whether a card would look the same. */
function looksAlike(one: Schemas["Node"] | undefined, other: Schemas["Node"] | undefined): boolean {
  return (
    one?.status === other?.status &&
    one?.label === other?.label &&
    one?.started_at === other?.started_at &&
    one?.ended_at === other?.ended_at &&
    one?.items?.ended === other?.items?.ended &&
    one?.items?.total === other?.items?.total
  );
}
