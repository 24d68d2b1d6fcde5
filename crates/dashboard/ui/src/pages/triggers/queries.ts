// What the pages of triggers and hooks read.

import { useQuery } from "@tanstack/react-query";
import { api, body } from "@/api/client";
import { usePages } from "@/api/pages";

const PAGE = 100;

function page(cursor: string | undefined) {
  return { limit: PAGE, ...(cursor && { cursor }) };
}

/** Triggers of the project. */
export function useTriggers() {
  return usePages(["triggers", "list"], (cursor) =>
    body(api.GET("/api/v1/triggers", { params: { query: page(cursor) } })),
  );
}

/** One trigger. */
export function useTrigger(id: string) {
  return useQuery({
    queryKey: ["triggers", "one", id],
    queryFn: () =>
      body(api.GET("/api/v1/triggers/{trigger_id}", { params: { path: { trigger_id: id } } })),
  });
}

/** The last events that it was for. */
export function useFirings(id: string) {
  return usePages(["triggers", "firings", id], (cursor) =>
    body(
      api.GET("/api/v1/triggers/{trigger_id}/firings", {
        params: { path: { trigger_id: id }, query: page(cursor) },
      }),
    ),
  );
}

/** Hooks of the project. */
export function useHooks() {
  return usePages(["hooks", "list"], (cursor) =>
    body(api.GET("/api/v1/hooks", { params: { query: page(cursor) } })),
  );
}

/** One hook. */
export function useHook(id: string) {
  return useQuery({
    queryKey: ["hooks", "one", id],
    queryFn: () => body(api.GET("/api/v1/hooks/{hook_id}", { params: { path: { hook_id: id } } })),
  });
}

/** The last requests that came to it. */
export function useHookDeliveries(id: string) {
  return usePages(["hooks", "deliveries", id], (cursor) =>
    body(
      api.GET("/api/v1/hooks/{hook_id}/deliveries", {
        params: { path: { hook_id: id }, query: page(cursor) },
      }),
    ),
  );
}
