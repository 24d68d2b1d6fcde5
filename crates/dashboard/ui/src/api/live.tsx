// What happens, as it happens: events of the project make what is shown of them be read again.

import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { type Gathered, gathered } from "./gathered";
import { type Event, EventSocket, type Listener, type Wanted } from "./socket";

const Socket = createContext<EventSocket | null>(null);

/** What starts runs, and shows them: concerned by the beginning and the end of runs. */
const STARTERS = ["schedules", "triggers", "hooks", "webhooks"];

const ENDS = /^run\.(succeeded|failed|cancelled|timed_out)$/;

/** The kinds of queries that an event of a type is news for. */
function concerned(type: string): string[] {
  const more = /^(run|event)\.[a-z_]+$/.test(type) && type !== "run.delta" ? STARTERS : [];
  return [...concernedRuns(type), ...more];
}

function concernedRuns(type: string): string[] {
  if (type.startsWith("approval.")) return ["approvals", "runs", "run"];
  if (type === "run.delta") return [];
  if (!type.startsWith("run.")) return ["run"];
  // What a run has asked is over when it ends.
  const asked = ENDS.test(type) ? ["approvals"] : [];
  return ["runs", "run", "unknown-outcomes", "usage", "threads", ...asked];
}

/** Keeps all queries below it fresh. */
export function LiveEvents({
  projectId,
  children,
}: {
  projectId: string | null;
  children: ReactNode;
}) {
  const client = useQueryClient();
  const [socket, setSocket] = useState<EventSocket | null>(null);
  useEffect(() => {
    if (projectId === null) return;
    const url = new URL("/api/v1/ws", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("project", projectId);
    const socket = new EventSocket(url.href);
    setSocket(socket);
    /** The runs of which there is news, and what reads again what is shown of them, by kind. */
    const stale = new Map<string, Set<string>>();
    const changes = new Map<string, Gathered>();
    const reread = (kind: string) => {
      const runs = stale.get(kind);
      stale.delete(kind);
      return client.invalidateQueries({
        predicate: ({ queryKey: [of, run] }) =>
          of === kind && (kind !== "run" || runs?.has(String(run)) === true),
      });
    };
    const tell = (kind: string, run: string) => {
      const runs = stale.get(kind) ?? new Set();
      stale.set(kind, runs.add(run));
      const change = changes.get(kind) ?? gathered(() => reread(kind));
      changes.set(kind, change);
      change.ask();
    };
    // What reads itself again can do so only where it has read once.
    const gaps = gathered(() =>
      client.invalidateQueries({
        predicate: ({ meta, state }) => meta?.rereadsItself !== true || state.data === undefined,
      }),
    );
    const end = socket.subscribe(
      {},
      {
        // The right to look has gone: what may be seen now is another.
        onEnd: () => void client.invalidateQueries(),
        onEvent(event) {
          const run = String((event.data as { run_id?: string }).run_id ?? event.subject);
          for (const kind of concerned(event.type)) tell(kind, run);
        },
        onGap: () => gaps.ask(),
        onBack: () => gaps.ask(),
      },
    );
    const online = () => socket.retry();
    addEventListener("online", online);
    return () => {
      removeEventListener("online", online);
      for (const change of changes.values()) change.end();
      gaps.end();
      end();
      socket.close();
      setSocket(null);
    };
  }, [projectId, client]);
  return <Socket value={socket}>{children}</Socket>;
}

/** How the connection for events is. */
export function useLink() {
  const socket = use(Socket);
  const link = useSyncExternalStore(
    socket?.watch ?? (() => () => {}),
    () => socket?.link ?? "open",
  );
  return { link, lostAt: socket?.lostAt ?? null, retry: () => socket?.retry() };
}

/** Calls `listener` with the events that are wanted, for as long as whoever uses it is shown. */
export function useEvents(wanted: Wanted | null, listener: Listener): void {
  const socket = use(Socket);
  const current = useRef(listener);
  current.current = listener;
  const key = JSON.stringify(wanted);
  useEffect(() => {
    const parsed = JSON.parse(key) as Wanted | null;
    if (socket === null || parsed === null) return;
    return socket.subscribe(parsed, {
      onEvent: (event) => current.current.onEvent(event),
      onGap: () => current.current.onGap?.(),
      onBack: () => current.current.onBack?.(),
      onEnd: () => current.current.onEnd?.(),
    });
  }, [socket, key]);
}

/**
 * Calls `reread` some time after each change that is wanted and matters; see `gathered`. What it
 * returns asks for that, too: for a reading that came to nothing.
 */
export function useChanges(
  wanted: Wanted | null,
  reread: () => Promise<unknown>,
  matters: (event: Event) => boolean = () => true,
): () => void {
  const current = useRef(reread);
  current.current = reread;
  const changes = useRef<Gathered | null>(null);
  useEffect(() => {
    const now = gathered(() => current.current());
    changes.current = now;
    return () => now.end();
  }, []);
  const ask = useCallback(() => changes.current?.ask(), []);
  useEvents(wanted, {
    onEvent: (event) => {
      if (matters(event)) ask();
    },
    onGap: ask,
    onBack: ask,
  });
  return ask;
}
