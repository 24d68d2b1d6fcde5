// What follows a change: it is said, and what shows it is read again.

import { useQueryClient } from "@tanstack/react-query";
import { useToast } from "@/design/toast";

/** Says that something was done, and reads again all queries of these kinds. */
export function useAfter(): (text: string | null, ...kinds: string[]) => Promise<unknown> {
  const client = useQueryClient();
  const { say } = useToast();
  return (text, ...kinds) => {
    if (text !== null) say(text);
    return Promise.all(kinds.map((kind) => client.invalidateQueries({ queryKey: [kind] })));
  };
}
