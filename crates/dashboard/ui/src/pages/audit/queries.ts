// What the page of the audit trail reads.

import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/api/client";
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
      const found: { id: string; name: string }[] = [];
      let cursor: string | undefined;
      do {
        const query: { limit: number; cursor?: string } = {
          limit: PAGE,
          ...(cursor && { cursor }),
        };
        const page = await body(api.GET("/api/v1/users", { params: { query } }));
        found.push(...page.items.map(({ id, name }) => ({ id, name })));
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
      return found;
    },
    enabled,
  });
}
