// Why a run, a node or an attempt failed, or was cancelled.

import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import type { Schemas } from "@/api/client";

/** The code that programs compare, and the words for people. */
export function RunFailure({
  failure,
  runId,
  className,
}: {
  failure: Schemas["Failure"];
  /** The run whose node it names. */
  runId?: string;
  className?: string;
}) {
  // What somebody wanted is no fault.
  const calm = failure.code === "cancelled";
  return (
    <div
      className={clsx(
        "rounded-md border px-3 py-2 text-sm break-words",
        calm ? "border-line bg-sunken" : "border-bad/40 bg-bad-wash",
        className,
      )}
    >
      <code className={clsx("mr-2 font-mono text-xs", calm ? "text-soft" : "text-bad")}>
        {failure.code}
      </code>
      <Message text={failure.message} runId={runId} />
    </div>
  );
}

/** The words, with the node that they begin with as a link. */
function Message({ text, runId }: { text: string; runId: string | undefined }) {
  const named = /^(node )`([^`]+)`(.*)$/s.exec(text);
  if (runId === undefined || named === null) return text;
  const [, before, node = "", after] = named;
  return (
    <>
      {before}
      <Link
        to="/runs/$runId"
        params={{ runId }}
        search={{ node }}
        className="font-medium text-accent underline"
      >
        {node}
      </Link>
      {after}
    </>
  );
}
