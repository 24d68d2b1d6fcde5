// In which project whoever signs in begins.

import { afterEach, beforeEach, expect, test, vi } from "vitest";

/** The projects of the person, and what was asked in which of them. */
let projects: string[];
let chosenByServer: string | null;
let asked: string[];

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status });
}

/** A server that knows one person. */
async function server(request: Request): Promise<Response> {
  const named = request.headers.get("gathering-project");
  const path = new URL(request.url).pathname.replace("/api/v1/", "");
  asked.push(`${path} ${named ?? "-"}`);
  if (path === "projects") return answer(200, { items: projects.map((id) => ({ id })) });
  if (named !== null && !projects.includes(named)) return answer(404, { code: "not_found" });
  const id = named ?? chosenByServer;
  return answer(200, { project: id && { id }, permissions: [], user: {} });
}

/** Who is signed in, as a page that was just loaded reads it. */
async function read() {
  vi.resetModules();
  return (await import("./session")).readMe();
}

beforeEach(() => {
  vi.stubGlobal("fetch", server);
  projects = [];
  chosenByServer = null;
  asked = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
  sessionStorage.clear();
  localStorage.clear();
});

test("the project of the tab comes before the one that was chosen last in any", async () => {
  projects = ["prj_a", "prj_b"];
  sessionStorage.setItem("gathering.project", "prj_a");
  localStorage.setItem("gathering.project", "prj_b");
  expect((await read())?.project?.id).toBe("prj_a");
});

test("one that is theirs no more is forgotten", async () => {
  projects = ["prj_b"];
  chosenByServer = "prj_b";
  localStorage.setItem("gathering.project", "prj_a");
  expect((await read())?.project?.id).toBe("prj_b");
  expect(localStorage.getItem("gathering.project")).toBeNull();
  expect(sessionStorage.getItem("gathering.project")).toBe("prj_b");
});

test("whoever has several and chose none begins in the first", async () => {
  projects = ["prj_a", "prj_b"];
  expect((await read())?.project?.id).toBe("prj_a");
  expect(asked).toEqual(["auth/me -", "projects -", "auth/me prj_a"]);
});

test("whoever has none is signed in all the same", async () => {
  expect((await read())?.project).toBeNull();
});

test("nobody is signed in where the server says so, and it is no failure", async () => {
  vi.stubGlobal("fetch", async () => answer(401, { code: "unauthenticated" }));
  expect(await read()).toBeNull();
});

test("another failure is one", async () => {
  vi.stubGlobal("fetch", async () => answer(503, { code: "store_unavailable" }));
  await expect(read()).rejects.toThrow();
});
