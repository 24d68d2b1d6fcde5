// A run by its id alone.

import { Link } from "@tanstack/react-router";
import { Id } from "@/design/code";

/** The link; with a node, to that node in it. */
export function RunLink({ id, node }: { id: string; node?: string | undefined }) {
  return (
    <Link
      to="/runs/$runId"
      params={{ runId: id }}
      search={node ? { node } : {}}
      className="text-accent hover:underline [&_code]:text-accent"
    >
      <Id id={id} />
    </Link>
  );
}
