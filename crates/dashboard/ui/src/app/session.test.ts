// In which project whoever signs in begins.

import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

/** The projects of the person, and what was asked in which of them. */
let projects: string[];
let chosenByServer: string | null;
let asked: string[];
let user: { id?: string };
let isSignedIn: boolean;

function answer(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status });
}

/** A server that knows one person. */
async function server(request: Request): Promise<Response> {
  const named = request.headers.get("gathering-project");
  const path = new URL(request.url).pathname.replace("/api/v1/", "");
  asked.push(`${path} ${named ?? "-"}`);
  if (!isSignedIn) return answer(401, { code: "unauthenticated" });
  if (path === "projects") return answer(200, { items: projects.map((id) => ({ id })) });
  if (named !== null && !projects.includes(named)) return answer(404, { code: "not_found" });
  const id = named ?? chosenByServer;
  return answer(200, { project: id && { id }, permissions: [], user });
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
  user = {};
  isSignedIn = true;
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

test("what the browser has stored of another person is forgotten, but for the look", async () => {
  user = { id: "usr_a" };
  projects = ["prj_a", "prj_b"];
  await read();
  sessionStorage.setItem("gathering.project", "prj_b");
  sessionStorage.setItem("gathering.recent.usr_a.prj_b", "[]");
  localStorage.setItem("gathering.theme", "dark");
  await read();
  expect(sessionStorage.getItem("gathering.recent.usr_a.prj_b")).toBe("[]");

  user = { id: "usr_b" };
  expect((await read())?.project?.id).toBe("prj_a");
  expect(sessionStorage.getItem("gathering.recent.usr_a.prj_b")).toBeNull();
  expect(localStorage.getItem("gathering.theme")).toBe("dark");
});

test("whoever leaves takes with them what they wrote and where they were", async () => {
  vi.resetModules();
  const { leave } = await import("./session");
  const { draftOf, keepDraft } = await import("./kept");
  keepDraft("usr_a", "chat", "Dear agent");
  expect(draftOf("usr_a", "chat")).toBe("Dear agent");
  expect(draftOf("usr_b", "chat")).toBe("");
  sessionStorage.setItem("gathering.recent.usr_a.prj_a", "[]");
  localStorage.setItem("gathering.places.pip_1", "{}");
  const client = new QueryClient();
  client.setQueryData(["runs"], "theirs");

  leave(client);
  expect(draftOf("usr_a", "chat")).toBe("");
  expect(client.getQueryData(["runs"])).toBeUndefined();
  expect(sessionStorage.getItem("gathering.recent.usr_a.prj_a")).toBeNull();
  expect(localStorage.getItem("gathering.places.pip_1")).toBeNull();
});

/** Somebody whose session is lost, with what their pages know. */
async function lost() {
  vi.resetModules();
  const { lose, readWho } = await import("./session");
  const client = new QueryClient();
  user = { id: "usr_a" };
  projects = ["prj_a", "prj_b"];
  chosenByServer = "prj_a";
  client.setQueryData(["me"], await readWho(client));
  client.setQueryData(["runs"], "theirs");
  sessionStorage.setItem("gathering.recent.usr_a.prj_a", "[]");
  lose(client);
  return { client, readWho };
}

test("whose session is lost finds their pages as they were, to be read again", async () => {
  const { client, readWho } = await lost();
  expect(client.getQueryData(["me"])).toMatchObject({ me: { user: { id: "usr_a" } }, lost: true });
  expect(await readWho(client)).toMatchObject({ lost: false });
  expect(client.getQueryState(["runs"])).toMatchObject({ data: "theirs", isInvalidated: true });
  expect(sessionStorage.getItem("gathering.recent.usr_a.prj_a")).toBe("[]");
});

test("that nobody is signed in takes nothing from whoever was", async () => {
  const { client, readWho } = await lost();
  isSignedIn = false;
  expect(await readWho(client)).toMatchObject({ me: { user: { id: "usr_a" } }, lost: true });
  expect(client.getQueryData(["runs"])).toBe("theirs");
});

test("nothing is left for another person, whatever another tab has stored of them", async () => {
  const { client, readWho } = await lost();
  user = { id: "usr_b" };
  localStorage.setItem("gathering.person", "usr_b");
  expect(await readWho(client)).toMatchObject({ me: { user: { id: "usr_b" } }, lost: false });
  expect(client.getQueryData(["runs"])).toBeUndefined();
  expect(sessionStorage.getItem("gathering.recent.usr_a.prj_a")).toBeNull();
});

test("nothing that was read in one project is left in another", async () => {
  const { client, readWho } = await lost();
  projects = ["prj_b"];
  chosenByServer = "prj_b";
  expect((await readWho(client))?.me.project?.id).toBe("prj_b");
  expect(client.getQueryData(["runs"])).toBeUndefined();
});
