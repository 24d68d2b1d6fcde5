// What the page of the audit trail reads.

import { useQuery } from "@tanstack/react-query";
import { allPages } from "@/api/all-pages";
import { api, body, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";
import type { operations } from "@/generated/schema";

type Asked = NonNullable<operations["list_audit"]["parameters"]["query"]>;

/** Which entries are wanted. */
export type Filter = Omit<Asked, "limit" | "cursor">;

const PAGE = 100;

/** The trail, the latest first. */
export function useTrail(filter: Filter) {
  return usePages(["audit", "trail", filter], (cursor) =>
    body(
      api.GET("/api/v1/audit", {
        params: { query: { limit: PAGE, ...filter, ...(cursor && { cursor }) } },
      }),
    ),
  );
}

/** People of the server, to name those who did something. */
export function usePeople(enabled: boolean) {
  return useQuery({
    queryKey: ["audit", "people"],
    queryFn: async () => {
      const { items, isWhole } = await allPages<Schemas["User"]>((cursor) => {
        const query = { limit: PAGE, ...(cursor && { cursor }) };
        return body(api.GET("/api/v1/users", { params: { query } }));
      });
      return { items: items.map(({ id, name }) => ({ id, name })), isWhole };
    },
    enabled,
  });
}
