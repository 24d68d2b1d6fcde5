// Who did something, by name where that is known.

import type { Schemas } from "@/api/client";
import { useSession } from "@/app/session";
import { useVocabulary } from "@/i18n/vocabulary";
import { usePeople } from "./queries";

/** The words for an actor: a person's name, or what acts. */
export function useWho(): (actor: Schemas["Actor"]) => string {
  const c = useVocabulary();
  const { may, user } = useSession();
  const people = usePeople(may("user_read"));
  return (actor) => {
    if (actor.type !== "user") return c(`actor.${actor.type}`);
    if (actor.user_id === user.id) return user.name;
    return people.data?.items.find(({ id }) => id === actor.user_id)?.name ?? actor.user_id;
  };
}

/** An actor, with the id on hover. */
export function Who({ actor }: { actor: Schemas["Actor"] }) {
  const who = useWho();
  const id =
    actor.type === "user" ? actor.user_id : actor.type === "agent" ? actor.agent_id : undefined;
  return <span title={id}>{who(actor)}</span>;
}
