// Which address shows which page. Pages are loaded when they are opened first.

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { Failure, Loading } from "@/design/state";
import { Gate } from "./gate";
import { NotFound } from "./not-found";
import {
  agentSearch,
  approvalsSearch,
  auditSearch,
  eventsSearch,
  openSearch,
  runSearch,
  runsSearch,
  schedulesSearch,
} from "./searches";

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
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import("@/pages/runs/run")),
});
const approvals = createRoute({
  getParentRoute,
  path: "/approvals",
  validateSearch: approvalsSearch,
  component: lazyRouteComponent(() => import("@/pages/approvals/inbox")),
});
const agents = createRoute({
  getParentRoute,
  path: "/agents",
  validateSearch: openSearch,
  component: lazyRouteComponent(() => import("@/pages/agents/list")),
});
const agent = createRoute({
  getParentRoute,
  path: "/agents/$agentId",
  validateSearch: agentSearch,
  component: lazyRouteComponent(() => import("@/pages/agents/agent")),
});

const components = createRoute({
  getParentRoute,
  path: "/components",
  component: lazyRouteComponent(() => import("@/pages/components/components")),
});
const settings = createRoute({
  getParentRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/pages/settings/frame")),
});
const inSettings = () => settings;
const settingsSections = [
  createRoute({
    getParentRoute: inSettings,
    path: "/",
    beforeLoad: () => {
      throw redirect({ to: "/settings/account", replace: true });
    },
  }),
  createRoute({
    getParentRoute: inSettings,
    path: "/account",
    component: lazyRouteComponent(() => import("@/pages/settings/account/account")),
  }),
  createRoute({
    getParentRoute: inSettings,
    path: "/sessions",
    component: lazyRouteComponent(() => import("@/pages/settings/account/sessions")),
  }),
  createRoute({
    getParentRoute: inSettings,
    path: "/keys",
    component: lazyRouteComponent(() => import("@/pages/settings/keys/keys")),
  }),
  createRoute({
    getParentRoute: inSettings,
    path: "/people",
    validateSearch: openSearch,
    component: lazyRouteComponent(() => import("@/pages/settings/people/people")),
  }),
  createRoute({
    getParentRoute: inSettings,
    path: "/providers",
    component: lazyRouteComponent(() => import("@/pages/settings/providers/providers")),
  }),
  createRoute({
    getParentRoute: inSettings,
    path: "/secrets",
    component: lazyRouteComponent(() => import("@/pages/settings/secrets/secrets")),
  }),
  createRoute({
    getParentRoute: inSettings,
    path: "/projects",
    component: lazyRouteComponent(() => import("@/pages/settings/projects/projects")),
  }),
  createRoute({
    getParentRoute: inSettings,
    path: "/projects/$projectId",
    component: lazyRouteComponent(() => import("@/pages/settings/projects/project")),
  }),
  createRoute({
    getParentRoute: inSettings,
    path: "/channels",
    component: lazyRouteComponent(() => import("@/pages/settings/channels/channels")),
  }),
  createRoute({
    getParentRoute: inSettings,
    path: "/system",
    component: lazyRouteComponent(() => import("@/pages/settings/system/system")),
  }),
] as const;
const schedules = createRoute({
  getParentRoute,
  path: "/schedules",
  validateSearch: schedulesSearch,
  component: lazyRouteComponent(() => import("@/pages/schedules/list")),
});
const newSchedule = createRoute({
  getParentRoute,
  path: "/schedules/new",
  component: lazyRouteComponent(() => import("@/pages/schedules/new")),
});
const schedule = createRoute({
  getParentRoute,
  path: "/schedules/$scheduleId",
  component: lazyRouteComponent(() => import("@/pages/schedules/schedule")),
});
const editSchedule = createRoute({
  getParentRoute,
  path: "/schedules/$scheduleId/edit",
  component: lazyRouteComponent(() => import("@/pages/schedules/edit")),
});
const triggers = createRoute({
  getParentRoute,
  path: "/triggers",
  validateSearch: openSearch,
  component: lazyRouteComponent(() => import("@/pages/triggers/list")),
});
const trigger = createRoute({
  getParentRoute,
  path: "/triggers/$triggerId",
  component: lazyRouteComponent(() => import("@/pages/triggers/trigger")),
});
const hook = createRoute({
  getParentRoute,
  path: "/triggers/hooks/$hookId",
  component: lazyRouteComponent(() => import("@/pages/triggers/hook")),
});
const webhooks = createRoute({
  getParentRoute,
  path: "/webhooks",
  validateSearch: openSearch,
  component: lazyRouteComponent(() => import("@/pages/webhooks/list")),
});
const webhook = createRoute({
  getParentRoute,
  path: "/webhooks/$webhookId",
  component: lazyRouteComponent(() => import("@/pages/webhooks/webhook")),
});
const events = createRoute({
  getParentRoute,
  path: "/events",
  validateSearch: eventsSearch,
  component: lazyRouteComponent(() => import("@/pages/events/events")),
});
const audit = createRoute({
  getParentRoute,
  path: "/audit",
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import("@/pages/audit/audit")),
});
const observePages = [events, audit] as const;
const schedulePages = [schedules, newSchedule, schedule, editSchedule] as const;
const startPages = [...schedulePages, triggers, trigger, hook, webhooks, webhook] as const;
const pipelines = createRoute({
  getParentRoute,
  path: "/pipelines",
  validateSearch: openSearch,
  component: lazyRouteComponent(() => import("@/pages/pipelines/list")),
});
const pipeline = createRoute({
  getParentRoute,
  path: "/pipelines/$pipelineId",
  validateSearch: openSearch,
  component: lazyRouteComponent(() => import("@/pages/pipelines/pipeline")),
});
const pipelineEditor = createRoute({
  getParentRoute,
  path: "/pipelines/$pipelineId/edit",
  component: lazyRouteComponent(() => import("@/pages/pipelines/editor/editor")),
});

/** The router of the application. */
export function makeRouter() {
  return createRouter({
    routeTree: root.addChildren([
      home,
      runs,
      run,
      approvals,
      pipelines,
      pipeline,
      pipelineEditor,
      agents,
      agent,
      components,
      ...startPages,
      ...observePages,
      settings.addChildren(settingsSections),
    ]),
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
