// What the pages keep of a person, which goes with them: drafts in memory, and what the browser stores.

/** How the pages look and speak is no secret, and stays. */
const STAYS: readonly string[] = ["gathering.theme", "gathering.language"];
/** What the names begin with under which it is stored where somebody was. */
export const RECENT = "gathering.recent.";
const PERSON = "gathering.person";

/** What is written and not sent yet, by person and place. */
const drafts = new Map<string, string>();

/** What a person has written in a place and not sent: a look at another page loses nothing. */
export function draftOf(userId: string, place: string): string {
  return drafts.get(`${userId} ${place}`) ?? "";
}

/** Keeps a draft; an empty one is none. */
export function keepDraft(userId: string, place: string, text: string): void {
  if (text === "") drafts.delete(`${userId} ${place}`);
  else drafts.set(`${userId} ${place}`, text);
}

/** Forgets every draft. */
export function forgetDrafts(): void {
  drafts.clear();
}

/** Forgets all that the browser stores of whoever was here. */
export function forgetStored(): void {
  for (const store of [sessionStorage, localStorage]) {
    for (const key of Object.keys(store)) {
      if (key.startsWith("gathering.") && !STAYS.includes(key)) store.removeItem(key);
    }
  }
}

/** Forgets where in this tab whoever was here went; of what is stored for all tabs, others have the care. */
export function forgetRecent(): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(RECENT)) sessionStorage.removeItem(key);
  }
}

/** Whether what the browser stores is another person's. */
export function isOfAnother(userId: string): boolean {
  const stored = localStorage.getItem(PERSON);
  return stored !== null && stored !== userId;
}

/** What is stored from now on is this person's. */
export function storeFor(userId: string): void {
  localStorage.setItem(PERSON, userId);
}
