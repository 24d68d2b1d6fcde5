// What the pages of approvals read.

import { useQuery } from "@tanstack/react-query";
import { api, body, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";

/** Rows that are asked for at once. */
const PAGE = 50;

/** Approvals in a status, the latest first; only those that the person may decide, if so wanted. */
export function useApprovals(status: Schemas["ApprovalStatus"], mine: boolean) {
  return usePages(["approvals", "list", status, mine], (cursor) =>
    body(
      api.GET("/api/v1/approvals", {
        params: {
          query: {
            limit: PAGE,
            status,
            ...(mine && { may_decide: true }),
            ...(cursor && { cursor }),
          },
        },
      }),
    ),
  );
}

/** One approval, however it stands. */
export function useApproval(id: string | undefined) {
  return useQuery({
    queryKey: ["approvals", "one", id],
    queryFn: () =>
      body(
        api.GET("/api/v1/approvals/{approval_id}", {
          params: { path: { approval_id: String(id) } },
        }),
      ),
    enabled: id !== undefined,
  });
}
