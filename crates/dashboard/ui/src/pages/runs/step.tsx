// A step of a run by its name: what its key is about, in words.

import { Link } from "@tanstack/react-router";
import { readKey } from "./attempts";
import { useWords } from "./words";

/** What a step is called: the node that it is of, and the item; a key that is no node's as it is. */
export function useStepName(): (key: string) => string {
  const t = useWords();
  return (key) => {
    const read = readKey(key);
    if (read === null) return key;
    const { node, item } = read;
    return item === null ? node : t("step.item", { node, item: item + 1 });
  };
}

/** Its name, with a link to the node where it is one's, and what of it the step is. */
export function Step({ runId, name: key }: { runId: string; name: string }) {
  const named = useStepName();
  const read = readKey(key);
  if (read === null) return key;
  return (
    <>
      <Link
        to="/runs/$runId"
        params={{ runId }}
        search={{ node: read.node }}
        className="text-accent hover:underline"
      >
        {named(key)}
      </Link>
      {read.part && <span className="text-soft"> · {read.part}</span>}
    </>
  );
}
