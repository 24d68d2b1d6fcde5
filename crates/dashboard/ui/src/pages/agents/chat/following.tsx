// Scrolls along with what grows at its end, unless the person has gone up to read.

import { ArrowDown } from "lucide-react";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Button } from "@/design/button";
import { useWords } from "./words";

/** So near to the end, in pixels, whoever goes down is taken along again. */
const NEAR = 80;
/** So near it is the end. */
const AT_END = 4;

/** Whether what comes is followed after a move from one place to another. */
export function followsAfter(before: boolean, move: { from: number; to: number; left: number }) {
  if (move.left <= AT_END) return true;
  if (move.to < move.from) return false;
  return before || (move.to > move.from && move.left < NEAR);
}

interface FollowingProps {
  /** The last thing in it: a new one is gone to, wherever one was. */
  latest: string | undefined;
  /** The first: what comes before it moves nothing that is read. */
  earliest: string | undefined;
  children: ReactNode;
}

/** The place. */
export function Following({ latest, earliest, children }: FollowingProps) {
  const t = useWords();
  const outer = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const at = useRef({ top: 0, height: 0 });
  const follows = useRef(true);
  const [away, setAway] = useState(false);
  const become = (next: boolean) => {
    follows.current = next;
    setAway(!next);
  };
  const toEnd = () => {
    become(true);
    if (outer.current) outer.current.scrollTop = outer.current.scrollHeight;
  };
  useEffect(() => {
    const [place, content] = [outer.current, inner.current];
    if (place === null || content === null) return;
    const observer = new ResizeObserver(() => {
      if (follows.current) place.scrollTop = place.scrollHeight;
      at.current.height = place.scrollHeight;
    });
    observer.observe(content);
    observer.observe(place);
    return () => observer.disconnect();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: when something has come before the first
  useLayoutEffect(() => {
    const place = outer.current;
    if (place === null || follows.current || at.current.height === 0) return;
    // The browser keeps what is read in its place by itself, but not at the very top.
    if (place.scrollTop === 0) place.scrollTop = place.scrollHeight - at.current.height;
    at.current.height = place.scrollHeight;
  }, [earliest]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: when there is a new one
  useEffect(toEnd, [latest]);
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      <div
        ref={outer}
        role="log"
        aria-label={t("messages")}
        tabIndex={0}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          const move = {
            from: at.current.top,
            to: scrollTop,
            left: scrollHeight - scrollTop - clientHeight,
          };
          at.current.top = scrollTop;
          become(followsAfter(follows.current, move));
        }}
        className="min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]"
      >
        <div ref={inner} className="flex flex-col gap-5 p-4">
          {children}
        </div>
      </div>
      {away && (
        <Button
          small
          icon={<ArrowDown />}
          className="absolute! bottom-2 left-1/2 -translate-x-1/2 shadow-float"
          onClick={toEnd}
        >
          {t("toEnd")}
        </Button>
      )}
    </div>
  );
}
