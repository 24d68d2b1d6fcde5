// Links with a one-time token behind their `#`, which no browser sends to a server by itself.

import { useCallback, useEffect, useState } from "react";

const KINDS = ["setup", "invite", "reset"] as const;

/** Where the link of this tab waits until it is used: a page that is loaded again still has it. */
const KEPT = "gathering.link";

/** A link: what it is for, and the token that it carries. */
export interface EntryLink {
  kind: (typeof KINDS)[number];
  token: string;
}

/** The link that an address carries behind its `#`, if it does. */
export function linkOf(hash: string): EntryLink | null {
  const [name, token] = hash.replace(/^#/, "").split("=", 2);
  const kind = KINDS.find((one) => one === name);
  return kind && token ? { kind, token } : null;
}

function keptLink(): EntryLink | null {
  return linkOf(sessionStorage.getItem(KEPT) ?? "");
}

/** The link by which somebody came, and what forgets it. It goes from the address at once, and stays in no history. */
export function useEntryLink(): [EntryLink | null, () => void] {
  const [link, setLink] = useState(() => linkOf(location.hash) ?? keptLink());
  useEffect(() => {
    const take = () => {
      const found = linkOf(location.hash);
      if (found === null) return;
      sessionStorage.setItem(KEPT, `${found.kind}=${found.token}`);
      setLink(found);
      history.replaceState(history.state, "", location.pathname + location.search);
    };
    take();
    addEventListener("hashchange", take);
    return () => removeEventListener("hashchange", take);
  }, []);
  const forget = useCallback(() => {
    sessionStorage.removeItem(KEPT);
    setLink(null);
  }, []);
  return [link, forget];
}
