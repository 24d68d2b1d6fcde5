// Keeps the chosen one in sight in a row that is longer than the page is wide.

import { type RefObject, useEffect, useRef } from "react";

const CHOSEN = "[aria-current=page], [data-state=active]";

/** The ref of what scrolls sideways: the chosen one in it is scrolled to its middle, also when it changes. */
export function useInSight<T extends HTMLElement>(): RefObject<T | null> {
  const row = useRef<T>(null);
  useEffect(() => {
    const { current } = row;
    if (current === null) return;
    const show = () => {
      const chosen = current.querySelector(CHOSEN)?.getBoundingClientRect();
      if (chosen === undefined) return;
      const { left, width } = current.getBoundingClientRect();
      current.scrollLeft += chosen.left + chosen.width / 2 - (left + width / 2);
    };
    show();
    const changes = new MutationObserver(show);
    changes.observe(current, {
      subtree: true,
      attributeFilter: ["aria-current", "data-state"],
    });
    return () => changes.disconnect();
  }, []);
  return row;
}
