// Who is signed in, in which project, and what they may do there.

import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
} from "react";
import { api, body, carry, onSignedOut, Problem, type Schemas } from "@/api/client";
import { LiveEvents } from "@/api/live";

const PROJECT = "gathering.project";

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

/** Asks who is signed in. A project that is not theirs any more is forgotten. */
async function readMe(): Promise<Schemas["Me"] | null> {
  carry({ projectId: sessionProject() });
  try {
    return await body(api.GET("/api/v1/auth/me"));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === "unauthenticated") return null;
    if (sessionProject() === null || !["not_found", "invalid_header"].includes(error.code))
      throw error;
    localStorage.removeItem(PROJECT);
    return readMe();
  }
}

function sessionProject(): string | null {
  return localStorage.getItem(PROJECT);
}

/** The query of who is signed in. */
export function useMe() {
  return useQuery({
    queryKey: ["me"],
    queryFn: readMe,
    staleTime: Number.POSITIVE_INFINITY,
    retry: 1,
  });
}

/** Nobody is signed in any more: what was read is not kept, and nothing more is sent in their name. */
function forget(client: QueryClient): void {
  carry({ csrfToken: null, projectId: null });
  // The answer to who is signed in is changed and not removed: whoever watches it must hear of it.
  client.setQueryData(["me"], null);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" });
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
  const [projectId, setProjectId] = useState(me.project?.id ?? null);
  useEffect(() => {
    onSignedOut(() => forget(client));
    return () => onSignedOut(() => {});
  }, [client]);
  const chooseProject = useCallback(
    (id: string) => {
      localStorage.setItem(PROJECT, id);
      carry({ projectId: id });
      setProjectId(id);
      void client.resetQueries();
    },
    [client],
  );
  const signOut = useCallback(async () => {
    await api.POST("/api/v1/auth/logout");
    forget(client);
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
  carry({ csrfToken: me.csrf_token ?? null, projectId: projectId ?? me.project?.id ?? null });
  return (
    <Current value={session}>
      <LiveEvents key={me.project?.id ?? "none"} projectId={me.project?.id ?? null}>
        {children}
      </LiveEvents>
    </Current>
  );
}
