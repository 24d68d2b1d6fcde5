// Lets in who is signed in; shows everybody else, and who comes by a link, the way in.

import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Failure, Loading } from "@/design/state";
import { useEntryLink } from "@/pages/entrance/link";
import { SignedIn, useMe } from "./session";
import { Shell } from "./shell";

const Entrance = lazy(() => import("@/pages/entrance/entrance"));

/** The frame of every page. */
export function Gate() {
  const me = useMe();
  const [link, forgetLink] = useEntryLink();
  if (me.data === undefined) {
    if (!me.error) return <Loading className="mx-auto max-w-sm p-8" />;
    return (
      <main className="mx-auto max-w-lg p-8">
        <Failure error={me.error} onRetry={() => void me.refetch()} />
      </main>
    );
  }
  const user = me.data?.user ?? null;
  if (!me.data || !user || link) {
    return (
      <Suspense fallback={<Loading className="mx-auto max-w-sm p-8" />}>
        <Entrance key={link?.token} link={link} user={user} onLeaveLink={forgetLink} />
      </Suspense>
    );
  }
  return (
    <SignedIn key={user.id} me={me.data} user={user}>
      <Shell>
        <Outlet />
      </Shell>
    </SignedIn>
  );
}
