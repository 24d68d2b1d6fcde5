// What the pages of schedules read.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { allPages } from "@/api/all-pages";
import { api, body, type Schemas } from "@/api/client";
import { usePages } from "@/api/pages";

const PAGE = 100;

/** Schedules, page by page. */
export function useSchedules() {
  return usePages(["schedules", "list"], (cursor) =>
    body(
      api.GET("/api/v1/schedules", {
        params: { query: { limit: PAGE, ...(cursor && { cursor }) } },
      }),
    ),
  );
}

/** All schedules of the project, up to a bound. */
export function useAllSchedules() {
  return useQuery({
    queryKey: ["schedules", "all"],
    queryFn: () =>
      allPages<Schemas["Schedule"]>((cursor) => {
        const query = { limit: PAGE, ...(cursor && { cursor }) };
        return body(api.GET("/api/v1/schedules", { params: { query } }));
      }),
  });
}

/** One schedule. */
export function useSchedule(id: string) {
  return useQuery({
    queryKey: ["schedules", "one", id],
    queryFn: () =>
      body(api.GET("/api/v1/schedules/{schedule_id}", { params: { path: { schedule_id: id } } })),
  });
}

/** Its next slots. */
export function useSlots(id: string, count: number) {
  return useQuery({
    queryKey: ["schedules", "slots", id, count],
    queryFn: () =>
      body(
        api.GET("/api/v1/schedules/{schedule_id}/preview", {
          params: { path: { schedule_id: id }, query: { count } },
        }),
      ),
  });
}

/** What became of its slots, the newest first. */
export function useFires(id: string) {
  return usePages(["schedules", "fires", id], (cursor) =>
    body(
      api.GET("/api/v1/schedules/{schedule_id}/fires", {
        params: { path: { schedule_id: id }, query: { limit: 50, ...(cursor && { cursor }) } },
      }),
    ),
  );
}

/** What a timing means that is being written, with its next slots. */
export function useTimingPreview(wanted: Schemas["PreviewTimingBody"] | null) {
  return useQuery({
    queryKey: ["timing-preview", wanted],
    queryFn: () =>
      body(
        api.POST("/api/v1/schedules/preview", {
          body: wanted as Schemas["PreviewTimingBody"],
        }),
      ),
    enabled: wanted !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
}
