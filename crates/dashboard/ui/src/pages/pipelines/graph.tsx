// The graph of a definition, to look at. Loaded when it is shown first.

import { Background, Controls, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo } from "react";
import type { Schemas } from "@/api/client";
import { useTheme } from "@/app/theme";
import type { Definition } from "./definition";
import { drawEdges, drawNodes, EDGE_COLOURS, NODE_KINDS, UNMARKED } from "./editor/drawing";
import { complete, openingOf, storedPlaces } from "./editor/layout";
import { useWords as useEditorWords } from "./editor/words";
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
  const e = useEditorWords();
  const theme = useTheme();
  const { nodes, edges, opening } = useMemo(() => {
    const labels = (type: string) => types.find(({ name }) => name === type)?.labels ?? [];
    const places = complete(storedPlaces(pipelineId), definition, labels);
    return {
      nodes: drawNodes({ definition, places, labels, marks: UNMARKED }, [], null),
      edges: drawEdges({ definition, marks: UNMARKED }, [], null),
      opening: openingOf(places),
    };
  }, [pipelineId, definition, types]);
  return (
    <ReactFlow
      aria-label={t("graph.label", { nodes: nodes.length, edges: edges.length })}
      colorMode={theme}
      style={EDGE_COLOURS}
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_KINDS}
      nodesDraggable={false}
      nodesConnectable={false}
      elementsSelectable={false}
      edgesFocusable={false}
      nodesFocusable={false}
      preventScrolling={false}
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
    </ReactFlow>
  );
}
