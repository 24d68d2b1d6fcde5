// What happens, as it happens: events of the project make what is shown of them be read again.

import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  use,
  useEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
} from "react";
import { api } from "./client";
import { EventSocket, type Listener, type Wanted } from "./socket";

const Socket = createContext<EventSocket | null>(null);

/** Changes are gathered for so long before anything is read again. */
const GATHERED_MS = 250;

/** What starts runs, and shows them: concerned by the beginning and the end of runs. */
const STARTERS = ["schedules", "triggers", "hooks", "webhooks"];

/** The kinds of queries that an event of a type is news for. */
function concerned(type: string): string[] {
  const more = /^(run|event)\.[a-z_]+$/.test(type) && type !== "run.delta" ? STARTERS : [];
  return [...concernedRuns(type), ...more];
}

function concernedRuns(type: string): string[] {
  if (type.startsWith("approval.")) return ["approvals", "runs", "run"];
  if (type === "run.delta") return [];
  if (type.startsWith("run.")) return ["runs", "run", "unknown-outcomes", "usage", "threads"];
  return ["run"];
}

/** A browser does not tell why a connection was refused. An ended session is found by any other request. */
function askWhetherSignedIn(): void {
  api.GET("/api/v1/auth/me").catch(() => {});
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
  const socket = useMemo(() => {
    if (projectId === null) return null;
    const url = new URL("/api/v1/ws", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("project", projectId);
    return new EventSocket(url.href, askWhetherSignedIn);
  }, [projectId]);
  useEffect(() => {
    if (socket === null) return;
    const stale = new Map<string, Set<string>>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      timer = undefined;
      for (const [kind, runs] of stale) {
        const predicate = ({ queryKey }: { queryKey: readonly unknown[] }) =>
          queryKey[0] === kind && (kind !== "run" || runs.has(String(queryKey[1])));
        void client.invalidateQueries({ predicate });
      }
      stale.clear();
    };
    const end = socket.subscribe(
      {},
      {
        onEvent(event) {
          const run = String((event.data as { run_id?: string }).run_id ?? event.subject);
          for (const kind of concerned(event.type)) {
            const runs = stale.get(kind) ?? new Set();
            stale.set(kind, runs.add(run));
          }
          timer ??= setTimeout(refresh, GATHERED_MS);
        },
        onGap: () => void client.invalidateQueries(),
      },
    );
    const online = () => socket.retry();
    addEventListener("online", online);
    return () => {
      removeEventListener("online", online);
      clearTimeout(timer);
      end();
      socket.close();
    };
  }, [socket, client]);
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
      onEnd: () => current.current.onEnd?.(),
    });
  }, [socket, key]);
}
