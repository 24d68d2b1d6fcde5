// The answer of a run as it is written, piece by piece.

import { useState } from "react";
import { useEvents } from "@/api/live";

/** A text of which pieces have come. A piece that is missing leaves a mark. */
interface Pieces {
  text: string;
  /** The number of the last one. */
  last: number;
}

/** What has come of the reply that is being written. */
interface Writing {
  key: string;
  attempt: number;
  said: Pieces;
  thought: Pieces;
  /** When its step ended, in milliseconds of the epoch: what is read after that has it. */
  endedAt: number | null;
}

/** What events of a run say of a reply: a piece of it, or that its step goes on. */
export interface Told {
  run_id?: string;
  key?: string;
  attempt?: number;
  piece?: number;
  text?: string;
  reasoning?: boolean;
}

const NOTHING: Pieces = { text: "", last: 0 };
const MISSING = "…";

function withPiece(before: Pieces, piece: number, next: string): Pieces {
  // A server that has lost another in the middle of an answer lets it be written once more.
  const { text, last } = piece > before.last ? before : NOTHING;
  return { text: `${text}${piece === last + 1 ? "" : MISSING}${next}`, last: piece };
}

/** What is being written after another piece has come. */
export function written(before: Writing | null, told: Told): Writing | null {
  const { key = "", attempt = 1, piece = 1, text = "", reasoning = false } = told;
  const isSame = before?.key === key && before.attempt === attempt;
  // A later attempt makes the earlier void, so that what still comes of that is nothing any more.
  if (before?.key === key && attempt < before.attempt) return before;
  const { said, thought, endedAt } = isSame
    ? before
    : { said: NOTHING, thought: NOTHING, endedAt: null };
  return {
    key,
    attempt,
    said: reasoning ? said : withPiece(said, piece, text),
    thought: reasoning ? withPiece(thought, piece, text) : thought,
    // The last piece may come after the end of its step.
    endedAt,
  };
}

/**
 * What is being written now; `null` if nothing is. `readAt` is when the replies that have ended were
 * read: until they were, what was written stays. Of an answer that was `stopped` it stays until the
 * page is left, since the server keeps no half reply.
 */
export function useWriting(runId: string, active: boolean, readAt: number, stopped = false) {
  const [writing, setWriting] = useState<Writing | null>(null);
  useEvents(active ? { runId, types: ["run.delta", "run.step.*"], previews: true } : null, {
    onEvent(event) {
      const told = event.data as Told;
      if (told.run_id !== runId) return;
      setWriting((before) => {
        if (event.type === "run.delta") return written(before, told);
        return before !== null && before.key === told.key
          ? { ...before, endedAt: Date.now() }
          : before;
      });
    },
    onGap: () => setWriting(null),
  });
  if (writing === null || !(active || stopped)) return null;
  if (!stopped && writing.endedAt !== null && readAt > writing.endedAt) return null;
  return { text: writing.said.text, reasoning: writing.thought.text };
}
