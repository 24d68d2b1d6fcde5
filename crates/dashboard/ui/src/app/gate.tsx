// Lets in who is signed in; shows everybody else where to sign in.

import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Failure, Loading } from "@/design/state";
import { SignedIn, useMe } from "./session";
import { Shell } from "./shell";

const Entrance = lazy(() => import("@/pages/entrance/entrance"));

/** The frame of every page. */
export function Gate() {
  const me = useMe();
  if (me.isPending) return <Loading className="mx-auto max-w-sm p-8" />;
  if (me.error && !me.data) {
    return (
      <main className="mx-auto max-w-lg p-8">
        <Failure error={me.error} onRetry={() => void me.refetch()} />
      </main>
    );
  }
  const user = me.data?.user;
  if (!me.data || !user) {
    return (
      <Suspense fallback={<Loading className="mx-auto max-w-sm p-8" />}>
        <Entrance />
      </Suspense>
    );
  }
  return (
    <SignedIn me={me.data} user={user}>
      <Shell>
        <Outlet />
      </Shell>
    </SignedIn>
  );
}
