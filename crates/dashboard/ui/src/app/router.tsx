// Which address shows which page. Pages are loaded when they are opened first.

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { Failure, Loading } from "@/design/state";
import { Gate } from "./gate";
import { NotFound } from "./not-found";
import { approvalsSearch, runsSearch } from "./searches";

const root = createRootRoute({ component: Gate, notFoundComponent: NotFound });
const getParentRoute = () => root;

const home = createRoute({
  getParentRoute,
  path: "/",
  component: lazyRouteComponent(() => import("@/pages/home/home")),
});
const runs = createRoute({
  getParentRoute,
  path: "/runs",
  validateSearch: runsSearch,
  component: lazyRouteComponent(() => import("@/pages/runs/list")),
});
const run = createRoute({
  getParentRoute,
  path: "/runs/$runId",
  component: lazyRouteComponent(() => import("@/pages/runs/run")),
});
const approvals = createRoute({
  getParentRoute,
  path: "/approvals",
  validateSearch: approvalsSearch,
  component: lazyRouteComponent(() => import("@/pages/approvals/inbox")),
});

/** The router of the application. */
export function makeRouter() {
  return createRouter({
    routeTree: root.addChildren([home, runs, run, approvals]),
    defaultPendingComponent: () => <Loading className="p-8" />,
    defaultErrorComponent: ({ error, reset }) => (
      <Failure error={error} onRetry={reset} className="m-8" />
    ),
    defaultPreload: "intent",
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
