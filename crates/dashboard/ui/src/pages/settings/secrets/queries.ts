// What the settings read of secrets: names and hosts, never values.

import { api, body } from "@/api/client";
import { usePages } from "@/api/pages";

const PAGE = 100;

/** The secrets of the project. */
export function useSecrets() {
  return usePages(["secrets", "list"], (cursor) =>
    body(api.GET("/api/v1/secrets", { params: { query: { limit: PAGE, cursor } } })),
  );
}
