// What the pages of webhooks read.

import { useQuery } from "@tanstack/react-query";
import { allPages } from "@/api/all-pages";
import { api, body, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";

const PAGE = 50;

/** Webhooks of the project. */
export function useWebhooks() {
  return usePages(["webhooks", "list"], (cursor) =>
    body(
      api.GET("/api/v1/webhooks", {
        params: { query: { limit: PAGE, ...(cursor && { cursor }) } },
      }),
    ),
  );
}

/** One webhook. */
export function useWebhook(id: string) {
  return useQuery({
    queryKey: ["webhooks", "one", id],
    queryFn: () =>
      body(api.GET("/api/v1/webhooks/{webhook_id}", { params: { path: { webhook_id: id } } })),
  });
}

/** What was sent to it, the latest first. */
export function useDeliveries(id: string) {
  return usePages(["webhooks", "deliveries", id], (cursor) =>
    body(
      api.GET("/api/v1/webhooks/{webhook_id}/deliveries", {
        params: { path: { webhook_id: id }, query: { limit: PAGE, ...(cursor && { cursor }) } },
      }),
    ),
  );
}

/** The names of the channels of the project. */
export function useChannels() {
  return useQuery({
    queryKey: ["channels", "choice"],
    queryFn: async () => {
      const { items } = await allPages<Schemas["Channel"]>((cursor) => {
        const query = { limit: PAGE, ...(cursor && { cursor }) };
        return body(api.GET("/api/v1/channels", { params: { query } }));
      });
      return items.map(({ name }) => name);
    },
  });
}
