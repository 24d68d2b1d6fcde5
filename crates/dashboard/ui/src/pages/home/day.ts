// The person's own day, and the runs of a time.

import type { Schemas } from "@/api/client";

/** From the midnight before a moment to the one after it, where the person is. */
export function dayOf(now: Date): { from: string; to: string } {
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()];
  return {
    from: new Date(year, month, day).toISOString(),
    to: new Date(year, month, day + 1).toISOString(),
  };
}

/** How many runs there are in these statuses; in any, if none is named. */
export function runsIn(
  { runs }: { runs: readonly Schemas["StatusCount"][] },
  statuses?: Schemas["RunStatus"][],
): number {
  return runs
    .filter(({ status }) => statuses === undefined || statuses.includes(status))
    .reduce((sum, { count }) => sum + count, 0);
}
