// What the settings read of projects.

import { useQuery } from "@tanstack/react-query";
import { allPages } from "@/api/all-pages";
import { api, body, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";

/** Rows that are asked for at once. */
export const PAGE = 100;

/** The projects in which the person may act. */
export function useProjects() {
  return usePages(["projects", "list"], (cursor) =>
    body(api.GET("/api/v1/projects", { params: { query: { limit: PAGE, cursor } } })),
  );
}

/** What a project is called; its id, if the person does not see it. */
export function useProjectName(): (id: string) => string {
  const query = useQuery({
    queryKey: ["projects", "names"],
    queryFn: () =>
      allPages<Schemas["Project"]>((cursor) =>
        body(api.GET("/api/v1/projects", { params: { query: { limit: PAGE, cursor } } })),
      ),
  });
  return (id) => query.data?.items.find((project) => project.id === id)?.name ?? id;
}
