// Where a person was lately, for as long as their tab is open.

import { useQueryClient } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";
import { RECENT } from "./kept";
import { isSignedIn, useSession } from "./session";

/** A page that was open. */
export interface Visited {
  path: string;
  title: string;
}

/** So many are kept. */
const KEPT = 6;
/** What the titles of all pages end with. */
const SUFFIX = " · Gathering";

/** The visited with another one before them, each page once. */
export function withVisited(before: Visited[], { path, title }: Visited): Visited[] {
  if (path === "/" || !title.endsWith(SUFFIX)) return before;
  const visited = { path, title: title.slice(0, -SUFFIX.length) };
  return [visited, ...before.filter((one) => one.path !== path)].slice(0, KEPT);
}

function read(key: string): Visited[] {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(value) ? (value as Visited[]) : [];
  } catch {
    return [];
  }
}

/** Remembers where the person goes in the project; gives the latest of it when it is asked. */
export function useRecent(): () => Visited[] {
  const client = useQueryClient();
  const { user, project } = useSession();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const key = `${RECENT}${user.id}.${project?.id ?? ""}`;
  useEffect(
    () => () => {
      if (!isSignedIn(client, user.id)) return;
      // The page that is left still has the title.
      const visited = withVisited(read(key), { path, title: document.title });
      sessionStorage.setItem(key, JSON.stringify(visited));
    },
    [client, user.id, key, path],
  );
  return () => read(key).filter((one) => one.path !== path);
}
