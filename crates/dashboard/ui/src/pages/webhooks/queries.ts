// What the pages of webhooks read.

import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/api/client";
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
      const page = await body(api.GET("/api/v1/channels", { params: { query: { limit: 200 } } }));
      return page.items.map(({ name }) => name);
    },
  });
}
