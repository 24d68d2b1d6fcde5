// Lets in who is signed in; shows everybody else, and who comes by a link, the way in.

import { Outlet } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useReturn } from "@/design/dialog";
import { Failure, Loading } from "@/design/state";
import { useEntryLink } from "@/pages/entrance/link";
import { Cover } from "./cover";
import { ownerOf, SignedIn, useWho } from "./session";
import { Shell } from "./shell";

const Entrance = lazy(() => import("@/pages/entrance/entrance"));

/** The frame of every page. */
export function Gate() {
  const { data: who, error, refetch } = useWho();
  const [link, forgetLink] = useEntryLink();
  const lost = who?.lost === true;
  // Here, as the page that had the focus loses it when it is covered.
  const onReturn = useReturn(lost);
  if (who === undefined) {
    if (!error) return <Loading className="mx-auto max-w-sm p-8" />;
    return (
      <main className="mx-auto max-w-lg p-8">
        <Failure error={error} onRetry={() => void refetch()} />
      </main>
    );
  }
  const user = who?.me.user ?? null;
  const entrance = (
    <Suspense fallback={<Loading className="mx-auto max-w-sm p-8" />}>
      <Entrance key={link?.token} link={link} user={user} ended={lost} onLeaveLink={forgetLink} />
    </Suspense>
  );
  if (!who || !user || link) return entrance;
  return (
    <>
      <SignedIn key={ownerOf(who.me)} me={who.me} user={user} lost={lost}>
        <div inert={lost}>
          <Shell>
            <Outlet />
          </Shell>
        </div>
      </SignedIn>
      <Cover open={lost} onReturn={onReturn}>
        {entrance}
      </Cover>
    </>
  );
}
