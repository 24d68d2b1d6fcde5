// Brings a node into sight, and gives it the focus.

import { useReactFlow, useStoreApi } from "@xyflow/react";
import { useCallback } from "react";

/** A node that was just made is drawn within so many frames. */
const FRAMES = 30;

/** Shows a node that may be out of sight or not drawn yet. Only below a `ReactFlowProvider`. */
export function useReveal() {
  const flow = useReactFlow();
  const store = useStoreApi();
  return useCallback(
    (id: string, focus: boolean) => {
      let left = FRAMES;
      const look = () => {
        const node = flow.getInternalNode(id);
        const element = document.querySelector<HTMLElement>(
          `.react-flow__node[data-id="${CSS.escape(id)}"]`,
        );
        if (node?.measured.width && node.measured.height) {
          const { x, y } = node.internals.positionAbsolute;
          const { width, height, transform } = store.getState();
          const [panX, panY, zoom] = transform;
          const [fromX, fromY] = [x * zoom + panX, y * zoom + panY];
          const toX = fromX + node.measured.width * zoom;
          const toY = fromY + node.measured.height * zoom;
          if (fromX < 0 || fromY < 0 || toX > width || toY > height) {
            const middle = { x: x + node.measured.width / 2, y: y + node.measured.height / 2 };
            void flow.setCenter(middle.x, middle.y, { zoom: Math.max(zoom, 0.5) });
          }
          if (!focus) return;
        } else if (node) {
          void flow.setCenter(node.position.x, node.position.y, { zoom: flow.getZoom() });
        }
        if (element && focus && node?.measured.width) return element.focus({ preventScroll: true });
        left -= 1;
        if (left > 0) requestAnimationFrame(look);
      };
      // After a window that closes has given the focus back.
      setTimeout(look);
    },
    [flow, store],
  );
}
