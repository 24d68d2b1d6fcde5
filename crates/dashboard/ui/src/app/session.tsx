// Who is signed in, in which project, and what they may do there.

import { onlineManager, type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef } from "react";
import { api, body, carry, onSession, Problem, type Schemas } from "@/api/client";
import { LiveEvents, useLink } from "@/api/live";
import { language, speak } from "@/i18n";
import { forgetDrafts, forgetRecent, forgetStored, isOfAnother, storeFor } from "./kept";
import { onOtherTabs, tellOtherTabs } from "./other-tabs";
import { setTheme, theme } from "./theme";

const ME = ["me"];
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

/** Whose pages are open. */
export interface Who {
  me: Schemas["Me"];
  /** Whether their session ended without them: they have to sign in again to go on. */
  lost: boolean;
}

/** What pages are of: those of another person, or of another project, have nothing in common with them. */
export function ownerOf({ user, project }: Schemas["Me"]): string {
  return `${user?.id} ${project?.id}`;
}

function known(client: QueryClient): Who | null {
  return client.getQueryData<Who | null>(ME) ?? null;
}

/** Reads who is signed in. Whoever was, and is no more, keeps their pages until somebody else comes. */
export async function readWho(client: QueryClient): Promise<Who | null> {
  const me = await readMe();
  const before = known(client);
  if (!me) return before && { ...before, lost: true };
  if (before && before.me.user?.id !== me.user?.id) {
    forgetDrafts();
    forgetRecent();
  }
  if (before && ownerOf(before.me) !== ownerOf(me)) client.removeQueries({ predicate: isOfPages });
  else if (before?.lost) void client.invalidateQueries({ predicate: isOfPages });
  return { me, lost: false };
}

/** The query of who is signed in. Also other tabs of the browser sign in and out. */
export function useWho() {
  const client = useQueryClient();
  useEffect(
    () =>
      onOtherTabs((did) => {
        if (did === "out") leave(client);
        else void client.invalidateQueries({ queryKey: ME });
      }),
    [client],
  );
  return useQuery({
    queryKey: ME,
    queryFn: () => readWho(client),
    // It is what ends the rest of the others.
    networkMode: "always",
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: "always",
    refetchInterval: ({ state: { data } }) =>
      data && !data.lost && !data.me.project ? WITHOUT_EVENTS_MS : false,
    retry: 1,
  });
}

/** Whether the pages are still of this person. */
export function isSignedIn(client: QueryClient, userId: string): boolean {
  return known(client)?.me.user?.id === userId;
}

function isOfPages({ queryKey }: { queryKey: readonly unknown[] }): boolean {
  return queryKey[0] !== ME[0];
}

/** The session has ended without its person: the pages stay as they are until it is known who comes. */
export function lose(client: QueryClient): void {
  client.setQueryData<Who | null>(ME, (who) => who && { ...who, lost: true });
}

/** Shows the way in, at the address that was open, and keeps nothing. */
export function leave(client: QueryClient): void {
  carry({ csrfToken: null, projectId: null });
  forgetStored();
  client.setQueryData(ME, null);
  forgetDrafts();
  client.removeQueries({ predicate: isOfPages });
}

/** What follows a sign-in. */
export function useEntered(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(() => {
    const project = known(client)?.me.project;
    // Whoever left elsewhere has emptied the store of the browser.
    if (project && keptProject() === null) sessionStorage.setItem(PROJECT, project.id);
    tellOtherTabs("in");
    return client.invalidateQueries({ queryKey: ME });
  }, [client]);
}

/** What asks at once whether there is a network, until what it returns is called. */
function asBrowserSays(say: (online: boolean) => void): () => void {
  const online = () => say(true);
  const offline = () => say(false);
  addEventListener("online", online);
  addEventListener("offline", offline);
  return () => {
    removeEventListener("online", online);
    removeEventListener("offline", offline);
  };
}

/** Lets no query ask the server, as if there were no network, until what it returns is called. */
function rest(): () => void {
  onlineManager.setEventListener(() => undefined);
  onlineManager.setOnline(false);
  return () => {
    onlineManager.setEventListener(asBrowserSays);
    onlineManager.setOnline(true);
  };
}

/** What is below it sees the session. */
export function SignedIn({
  me,
  user,
  lost,
  children,
}: Who & {
  user: Schemas["User"];
  children: ReactNode;
}) {
  const client = useQueryClient();
  const leaving = useRef(false);
  useEffect(() => {
    onSession((code) => {
      if (code === "csrf_failed") void client.invalidateQueries({ queryKey: ME });
      else if (!leaving.current) lose(client);
    });
    return () => onSession(() => {});
  }, [client]);
  useEffect(() => (lost ? rest() : undefined), [lost]);
  const chooseProject = useCallback(
    (id: string) => {
      keepProject(id);
      void client.invalidateQueries({ queryKey: ME });
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
    tellOtherTabs("out");
    leave(client);
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
      <LiveEvents projectId={lost ? null : (me.project?.id ?? null)}>
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
