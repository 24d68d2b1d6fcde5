// Why a run, a node or an attempt failed, or was cancelled.

import clsx from "clsx";
import type { Schemas } from "@/api/client";

/** The code that programs compare, and the words for people. */
export function RunFailure({
  failure,
  className,
}: {
  failure: Schemas["Failure"];
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
      {failure.message}
    </div>
  );
}
