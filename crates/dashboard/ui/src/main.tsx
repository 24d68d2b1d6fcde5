// Starts the dashboard.

import "./design/theme.css";
import "./app/theme";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { Tooltip } from "radix-ui";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Problem } from "./api/client";
import { makeRouter } from "./app/router";
import { ToastPlace } from "./design/toast";

/** What the server has refused is not asked again by itself. */
const MOST_TRIES = 2;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (tried, error) => !(error instanceof Problem) && tried < MOST_TRIES,
    },
  },
});
const router = makeRouter();

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no place for the dashboard");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <Tooltip.Provider>
        <ToastPlace>
          <RouterProvider router={router} />
        </ToastPlace>
      </Tooltip.Provider>
    </QueryClientProvider>
  </StrictMode>,
);
