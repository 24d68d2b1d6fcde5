// Who is signed in, in which project, and what they may do there.

import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef } from "react";
import { api, body, carry, onSignedOut, Problem, type Schemas } from "@/api/client";
import { LiveEvents, useLink } from "@/api/live";
import { language, speak } from "@/i18n";
import { forgetDrafts, forgetStored, isOfAnother, storeFor } from "./kept";
import { setTheme, theme } from "./theme";

const ME = ["me"];
/** Whether the last session ended without its person ending it here. */
const ENDED = ["ended"];
const PROJECT = "gathering.project";
/** Whoever is in no project has no events to hear by that they are in one, or out of the server. */
const WITHOUT_EVENTS_MS = 30_000;

/** Whoever looks at the pages. */
export interface Session {
  me: Schemas["Me"];
  user: Schemas["User"];
  /** The project in which they act; none, if they are a member of none. */
  project: Schemas["Here"] | null;
  /** Whether they may do that in the project. */
  may: (permission: Schemas["Permission"]) => boolean;
  chooseProject: (id: string) => void;
  signOut: () => Promise<void>;
}

const Current = createContext<Session | null>(null);

/** The session. Only below `SignedIn`. */
export function useSession(): Session {
  const session = use(Current);
  if (session === null) throw new Error("nobody is signed in");
  return session;
}

/** The project of this tab; in a new tab, the one that was chosen last. */
function keptProject(): string | null {
  return sessionStorage.getItem(PROJECT) ?? localStorage.getItem(PROJECT);
}

function keepProject(id: string | null): void {
  for (const store of [sessionStorage, localStorage]) {
    if (id === null) store.removeItem(PROJECT);
    else store.setItem(PROJECT, id);
  }
}

async function readIn(projectId: string | null): Promise<Schemas["Me"]> {
  carry({ projectId });
  const me = await body(api.GET("/api/v1/auth/me"));
  carry({ csrfToken: me.csrf_token ?? null, projectId: me.project?.id ?? null });
  return me;
}

/** A project that is not theirs any more is forgotten. */
async function readInKept(): Promise<Schemas["Me"]> {
  const kept = keptProject();
  try {
    return await readIn(kept);
  } catch (error) {
    const gone = error instanceof Problem && ["not_found", "invalid_header"].includes(error.code);
    if (kept === null || !gone) throw error;
    keepProject(null);
    return readIn(null);
  }
}

/** Asks who is signed in. Whoever has several projects and chose none begins in the first. */
export async function readMe(): Promise<Schemas["Me"] | null> {
  try {
    let me = await readInKept();
    if (me.user) {
      if (isOfAnother(me.user.id)) {
        forgetStored();
        me = await readIn(null);
      }
      if (me.user) storeFor(me.user.id);
    }
    if (!me.project) {
      const query = { limit: 1 };
      const { items } = await body(api.GET("/api/v1/projects", { params: { query } }));
      if (items[0]) me = await readIn(items[0].id);
    }
    if (me.project) sessionStorage.setItem(PROJECT, me.project.id);
    return me;
  } catch (error) {
    if (error instanceof Problem && error.code === "unauthenticated") return null;
    throw error;
  }
}

/** The query of who is signed in. */
export function useMe() {
  return useQuery({
    queryKey: ME,
    queryFn: async ({ client }) => {
      const before = client.getQueryData<Schemas["Me"] | null>(ME);
      const me = await readMe();
      // Somebody else has signed in meanwhile, beside this tab.
      if (before?.user && me?.user && me.user.id !== before.user.id) forget(client);
      return me;
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: "always",
    refetchInterval: ({ state }) => (state.data && !state.data.project ? WITHOUT_EVENTS_MS : false),
    retry: 1,
  });
}

/** Whether the pages are still of somebody. */
export function isSignedIn(client: QueryClient): boolean {
  return Boolean(client.getQueryData<Schemas["Me"] | null>(ME)?.user);
}

function forget(client: QueryClient): void {
  forgetDrafts();
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== ME[0] });
}

/** Shows the way in, at the address that was open. */
export function leave(client: QueryClient, ended: boolean): void {
  carry({ csrfToken: null, projectId: null });
  // Whose session has ended by itself comes back to where they were; anybody else does not.
  if (!ended) forgetStored();
  client.setQueryData(ME, null);
  forget(client);
  client.setQueryData(ENDED, ended);
}

/** Whether the session has ended by itself, and what follows the next sign-in. */
export function useEntry() {
  const client = useQueryClient();
  const entered = useCallback(() => {
    forget(client);
    return client.invalidateQueries({ queryKey: ME });
  }, [client]);
  return { ended: client.getQueryData<boolean>(ENDED) === true, entered };
}

/** What is below it sees the session. */
export function SignedIn({
  me,
  user,
  children,
}: {
  me: Schemas["Me"];
  user: Schemas["User"];
  children: ReactNode;
}) {
  const client = useQueryClient();
  const leaving = useRef(false);
  useEffect(() => {
    onSignedOut(() => leave(client, !leaving.current));
    return () => onSignedOut(() => {});
  }, [client]);
  const chooseProject = useCallback(
    (id: string) => {
      keepProject(id);
      void client.resetQueries();
    },
    [client],
  );
  const signOut = useCallback(async () => {
    const look = theme();
    leaving.current = true;
    try {
      await api.POST("/api/v1/auth/logout");
    } catch (error) {
      leaving.current = false;
      throw error;
    }
    // The answer empties the store of the browser; how the pages look is no secret.
    setTheme(look);
    void speak(language());
    leave(client, false);
  }, [client]);
  const session = useMemo<Session>(
    () => ({
      me,
      user,
      project: me.project ?? null,
      may: (permission) => me.permissions.includes(permission),
      chooseProject,
      signOut,
    }),
    [me, user, chooseProject, signOut],
  );
  return (
    <Current value={session}>
      <LiveEvents key={me.project?.id ?? "none"} projectId={me.project?.id ?? null}>
        <Watch />
        {children}
      </LiveEvents>
    </Current>
  );
}

/** The connection for events ends with the session: when it is lost, asks whether that is why. */
function Watch() {
  const client = useQueryClient();
  const { link } = useLink();
  useEffect(() => {
    if (link === "lost") void client.invalidateQueries({ queryKey: ME });
  }, [link, client]);
  return null;
}
