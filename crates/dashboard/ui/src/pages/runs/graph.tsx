// The graph of a run as it goes on.

import { type Edge, MarkerType, ReactFlowProvider, useStore } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Schemas } from "@/api/client";
import { own } from "@/api/own";
import { TONES, type Tone } from "@/design/status";
import { type Definition, labelOf } from "../pipelines/definition";
import { complete, portsOf, storedPlaces, usedLabels } from "../pipelines/editor/layout";
import { useReveal } from "../pipelines/editor/reveal";
import { GraphView } from "../pipelines/graph-view";
import { type OwnNode, wantsLook } from "./own-times";
import { RunCard, type RunCardNode } from "./run-card";
import { type Taken, takenOf } from "./taken";
import { useWords } from "./words";

const KINDS = { run: RunCard };
const MAP_COLOURS: Record<Tone, string> = {
  good: "var(--good)",
  busy: "var(--busy)",
  wait: "var(--wait)",
  bad: "var(--bad)",
  idle: "var(--line-strong)",
};

const colourOf = ({ data }: RunCardNode) => MAP_COLOURS[TONES[data.state?.status ?? "pending"]];

interface GraphProps {
  /** Where its nodes were placed by hand; a definition that came with a run has none. */
  pipelineId: string | null;
  definition: Definition;
  types: Schemas["NodeType"][];
  nodes: OwnNode[];
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

function Flow({ pipelineId, definition, types, nodes, chosen, onChoose }: GraphProps) {
  const t = useWords();
  const states = useMemo(() => new Map(nodes.map((node) => [node.id, node])), [nodes]);
  const { places, ports } = useMemo(() => {
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
    return { places, ports };
  }, [pipelineId, definition, types]);
  const reveal = useReveal(true);
  const width = useStore((flow) => flow.width);
  // As it is opened: what goes on later moves nothing under the person's eyes.
  const [around] = useState(() => chosen ?? wantsLook(nodes));
  const opened = useRef(false);
  // The node that is looked at stays in sight, also when its detail takes room from the graph.
  useEffect(() => {
    if (width === 0) return;
    const looked = chosen ?? (opened.current ? undefined : around);
    opened.current = true;
    if (looked !== undefined) reveal(looked, false, true);
  }, [chosen, around, width, reveal]);
  // Whoever goes through the nodes by keyboard sees the one where they are.
  const onFocus = useCallback(
    (id: string) => {
      if (document.activeElement?.matches(":focus-visible")) reveal(id, false, true);
    },
    [reveal],
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
        position: own(places, node.id) ?? { x: 0, y: 0 },
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
        if (!own(places, edge.from) || !own(places, edge.to)) return [];
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
    <GraphView<RunCardNode>
      label={t("graph.label", { nodes: cards.length })}
      nodes={cards}
      edges={edges}
      kinds={KINDS}
      colourOf={colourOf}
      around={around}
      className="rounded-lg border border-line bg-card"
    />
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
