// Why a run, a node or an attempt failed.

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
  return (
    <div
      className={clsx(
        "rounded-md border border-bad/40 bg-bad-wash px-3 py-2 text-sm break-words",
        className,
      )}
    >
      <code className="mr-2 font-mono text-xs text-bad">{failure.code}</code>
      {failure.message}
    </div>
  );
}
