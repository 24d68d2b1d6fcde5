// The graph of a definition, to look at. Loaded when it is shown first.

import { useMemo } from "react";
import type { Schemas } from "@/api/client";
import type { Definition } from "./definition";
import { drawEdges, drawNodes, NODE_KINDS, UNMARKED } from "./editor/drawing";
import { complete, storedPlaces } from "./editor/layout";
import { GraphView } from "./graph-view";
import { useWords } from "./words";

/** The graph. */
export default function Graph({
  pipelineId,
  definition,
  types,
}: {
  pipelineId: string;
  definition: Definition;
  types: Schemas["NodeType"][];
}) {
  const t = useWords();
  const { nodes, edges } = useMemo(() => {
    const labels = (type: string) => types.find(({ name }) => name === type)?.labels ?? [];
    const places = complete(storedPlaces(pipelineId), definition, labels);
    return {
      nodes: drawNodes({ definition, places, labels, marks: UNMARKED }, [], null),
      edges: drawEdges({ definition, marks: UNMARKED }, [], null),
    };
  }, [pipelineId, definition, types]);
  return (
    <GraphView
      label={t("graph.label", { nodes: nodes.length, edges: edges.length })}
      nodes={nodes}
      edges={edges}
      kinds={NODE_KINDS}
      className="rounded-b-lg"
    />
  );
}
