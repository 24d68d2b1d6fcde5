// When a schedule is due between two moments, asked of the server as often as that takes.

import { api, body, type Schemas } from "@/api/client";

/** Slots that the API tells of a schedule at once. */
export const MOST_SLOTS = 100;
/** How often is asked for the slots of one schedule. */
const MOST_ASKED = 8;
const DAY_MS = 86_400_000;

/** What is due. */
export interface Due {
  slots: string[];
  /** So often that its times would say nothing: none of them is told. */
  often: boolean;
}

const OFTEN: Due = { slots: [], often: true };

/** Asks for the first slots between two moments; all, if they are fewer than `MOST_SLOTS`. */
export type Ask = (from: Date, to: Date) => Promise<string[]>;

/** All slots between two moments. */
export async function dueBetween(ask: Ask, from: Date, to: Date): Promise<Due> {
  const slots: string[] = [];
  let begin = from;
  for (let asked = 0; asked < MOST_ASKED && begin < to; asked++) {
    const found = await ask(begin, to);
    slots.push(...found);
    const [first, last] = [found[0], found.at(-1)].map((slot) => new Date(slot ?? to).getTime());
    if (first === undefined || last === undefined || found.length < MOST_SLOTS) {
      return { slots, often: false };
    }
    if (last - first < DAY_MS) return OFTEN;
    begin = new Date(last + 1);
  }
  return begin < to ? OFTEN : { slots, often: false };
}

/** Asks the server about a schedule. */
export function askAbout({ id, timing, policy }: Schemas["Schedule"]): Ask {
  return async (from, to) => {
    const inside = (slot: string) => new Date(slot) >= from && new Date(slot) < to;
    if (policy.max_fires != null) {
      // Only the stored schedule knows how often it has fired.
      const params = { path: { schedule_id: id }, query: { count: MOST_SLOTS } };
      const answer = await body(api.GET("/api/v1/schedules/{schedule_id}/preview", { params }));
      return answer.slots.filter(inside);
    }
    const start = new Date(Math.max(from.getTime(), new Date(policy.start ?? 0).getTime()));
    const end = policy.end ? new Date(Math.min(to.getTime(), new Date(policy.end).getTime())) : to;
    if (start >= end) return [];
    const bounds = { start: start.toISOString(), end: end.toISOString() };
    const answer = await body(
      api.POST("/api/v1/schedules/preview", {
        body: { timing, policy: bounds, count: MOST_SLOTS },
      }),
    );
    return answer.slots.filter(inside);
  };
}
