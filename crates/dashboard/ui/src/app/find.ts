// Finding by name: what the person types, in the pages' own names and in those of the project.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, body, type Schemas } from "@/api/client";

/** What has a name that is looked through. */
export type Kind = Schemas["NamedKind"];

/** Something that the server has found. */
export type Found = Schemas["Found"];

/** How long nothing is typed before it is looked for. */
const PAUSE_MS = 150;
/** The most finds that are shown. */
const MOST = 30;

function plain(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}

/** Whether all words of what is typed occur in a name, without regard to case and accents. */
export function fits(name: string, typed: string): boolean {
  const within = plain(name);
  return plain(typed)
    .split(/\s+/)
    .every((word) => within.includes(word));
}

/** Finds by kind: the kinds in the order of their best finds. */
export function byKind(items: readonly Found[]): [Kind, Found[]][] {
  const groups = new Map<Kind, Found[]>();
  for (const item of items) groups.set(item.kind, [...(groups.get(item.kind) ?? []), item]);
  return [...groups];
}

/** What the project holds under such a name. What was typed before is not waited for. */
export function useFound(typed: string) {
  const wanted = typed.trim();
  const [asked, setAsked] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wanted), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  const query = useQuery({
    queryKey: ["search", asked],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/search", { params: { query: { q: asked, limit: MOST } }, signal })),
    enabled: asked !== "" && wanted !== "",
    placeholderData: keepPreviousData,
  });
  const isSettled = asked === wanted && !query.isFetching;
  return {
    items: wanted === "" ? [] : (query.data?.items ?? []),
    error: wanted === "" ? null : query.error,
    isFinding: wanted !== "" && !isSettled,
    retry: () => void query.refetch(),
  };
}

/** The address of what was found. That of a thread is its agent's, which has to be asked for. */
export async function addressOf({ kind, id }: Found): Promise<string> {
  switch (kind) {
    case "pipeline":
      return `/pipelines/${id}`;
    case "agent":
      return `/agents/${id}`;
    case "schedule":
      return `/schedules/${id}`;
    case "trigger":
      return `/triggers/${id}`;
    case "hook":
      return `/triggers/hooks/${id}`;
    case "webhook":
      return `/webhooks/${id}`;
    case "channel":
      return "/settings/channels";
    case "provider":
      return "/settings/providers";
    case "thread": {
      const params = { path: { thread_id: id } };
      const { agent_id } = await body(api.GET("/api/v1/threads/{thread_id}", { params }));
      return `/agents/${agent_id}?thread=${id}`;
    }
  }
}
