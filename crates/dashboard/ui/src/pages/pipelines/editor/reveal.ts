// Brings a node into sight, and gives it the focus.

import { useReactFlow, useStoreApi } from "@xyflow/react";
import { useCallback } from "react";

/** A node that was just made is drawn within so many frames. */
const FRAMES = 30;
/** From this zoom on, names can be read. */
const LEGIBLE = 0.5;

/** How long the way to a node takes where somebody is to see it, in milliseconds. */
const WAY_MS = 200;

/**
 * Shows a node that may be out of sight, not drawn yet, or too small to be read; with `moves` so that one sees the way.
 * Only below a `ReactFlowProvider`.
 */
export function useReveal(moves = false) {
  const flow = useReactFlow();
  const store = useStoreApi();
  return useCallback(
    (id: string, focus: boolean, legible = false) => {
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
          const small = legible && zoom < LEGIBLE;
          if (small || fromX < 0 || fromY < 0 || toX > width || toY > height) {
            const middle = { x: x + node.measured.width / 2, y: y + node.measured.height / 2 };
            const still = !moves || matchMedia("(prefers-reduced-motion: reduce)").matches;
            void flow.setCenter(middle.x, middle.y, {
              zoom: Math.max(zoom, LEGIBLE),
              ...(!still && { duration: WAY_MS, interpolate: "linear" }),
            });
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
    [flow, store, moves],
  );
}
