// Tests of going on: it happens from the page where it began, and nowhere else.

import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  RouterProvider,
} from "@tanstack/react-router";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { useGoOn } from "./go-on";

afterEach(cleanup);

let goOn: ReturnType<typeof useGoOn>;

function Page() {
  goOn = useGoOn();
  return <p>the page</p>;
}

function routerAt(path: string) {
  const rootRoute = createRootRoute({ component: Outlet });
  const at = (path: string, component: () => React.ReactNode) =>
    createRoute({ getParentRoute: () => rootRoute, path, component });
  const routeTree = rootRoute.addChildren([
    at("/things", Page),
    at("/things/$id", Page),
    at("/made", () => <p>what was made</p>),
    at("/other", () => <p>elsewhere</p>),
  ]);
  const router = createRouter({
    routeTree,
    history: createMemoryHistory({ initialEntries: [path] }),
  });
  render(<RouterProvider router={router as never} />);
  return router;
}

test.each(["/things", "/things/one"])("goes on from %s", async (path) => {
  routerAt(path);
  await screen.findByText("the page");
  await goOn({ to: "/made" as never });
  await screen.findByText("what was made");
});

test("does nothing for somebody who has left", async () => {
  const router = routerAt("/things/one");
  await screen.findByText("the page");
  await router.navigate({ to: "/other" as never });
  await screen.findByText("elsewhere");
  await goOn({ to: "/made" as never });
  expect(router.state.location.pathname).toBe("/other");
});
