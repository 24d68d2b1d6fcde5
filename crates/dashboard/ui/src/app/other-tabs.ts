// What the tabs of one browser tell each other, as they share its session.

/** What somebody did. */
export type Did = "in" | "out";

const tabs = new BroadcastChannel("gathering.session");

/** Says that somebody has signed in or out here. */
export function tellOtherTabs(did: Did): void {
  tabs.postMessage(did);
}

/** Calls this when somebody does in another tab, until what it returns is called. */
export function onOtherTabs(call: (did: Did) => void): () => void {
  const listen = ({ data }: MessageEvent<Did>) => call(data);
  tabs.addEventListener("message", listen);
  return () => tabs.removeEventListener("message", listen);
}
