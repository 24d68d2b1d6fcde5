// How the dashboard is built, served while it is written, and tested.

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The server that `npm run dev` asks. */
const SERVER = process.env.GATHERING_SERVER ?? "http://127.0.0.1:7400";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@/": new URL("./src/", import.meta.url).pathname } },
  build: {
    outDir: "dist",
    target: "es2023",
    // Pictures and fonts are files of their own: the pages load nothing from `data:`.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: {
      "/api": { target: SERVER, ws: true },
      "/healthz": SERVER,
      "/readyz": SERVER,
    },
  },
  test: {
    environment: "happy-dom",
    include: ["{src,journeys}/**/*.test.{ts,tsx}"],
  },
});
