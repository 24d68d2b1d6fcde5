// The typed client of the API: the session's cookie, its token against forgery, the project, and failures.

import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "@/generated/schema";
import { parseJson, writeJson } from "./exact";
import { Problem, problemOf, Unreachable } from "./problem";

export type { components, paths } from "@/generated/schema";
export { Problem, Unreachable } from "./problem";

/** The schemas of the API by name. */
export type Schemas = components["schemas"];

/** What each request carries. */
interface Carried {
  csrfToken: string | null;
  projectId: string | null;
}

const carried: Carried = { csrfToken: null, projectId: null };

/** Why a request was refused: nobody is signed in any more, or somebody has signed in anew elsewhere. */
type SessionFault = "unauthenticated" | "csrf_failed";
let sessionFault: (code: SessionFault) => void = () => {};

/** Sets what each request from now on carries. */
export function carry(next: Partial<Carried>): void {
  Object.assign(carried, next);
}

/** Calls this when a request finds that the session has ended, or is another one. */
export function onSession(call: (code: SessionFault) => void): void {
  sessionFault = call;
}

/** An answer whose JSON is read with all digits. */
function exactly(response: Response): Response {
  const { status, statusText } = response;
  if (status === 204) return response;
  const headers = new Headers(response.headers);
  // The client reads by itself what has no length.
  if (!headers.has("content-length")) headers.set("content-length", "unknown");
  const exact = new Response(response.body, { status, statusText, headers });
  exact.json = async () => {
    const text = await exact.text();
    return text === "" ? undefined : parseJson(text);
  };
  return exact;
}

const conventions: Middleware = {
  onRequest({ request }) {
    if (carried.projectId !== null) request.headers.set("gathering-project", carried.projectId);
    if (request.method !== "GET" && carried.csrfToken !== null) {
      request.headers.set("x-csrf-token", carried.csrfToken);
    }
    return request;
  },
  async onResponse({ response, options }) {
    if (response.ok) return options.parseAs === "json" ? exactly(response) : response;
    const problem = await problemOf(response);
    const { code } = problem;
    if (code === "unauthenticated" || code === "csrf_failed") sessionFault(code);
    throw problem;
  },
  onError({ error }) {
    return error instanceof Problem ? error : new Unreachable(error);
  },
};

/** Every route, typed by the API's description. Answers that are failures are thrown as `Problem`. */
export const api = createClient<paths>({
  baseUrl: location.origin,
  credentials: "same-origin",
  bodySerializer: (body) => writeJson(body),
});
api.use(conventions);

/** The body of an answer, which is there because failures are thrown. */
export async function body<T>(answer: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data, response } = await answer;
  if (data === undefined) throw new Problem(response.status, { detail: "the answer is empty" });
  return data;
}

/** Waits for an answer without a body. */
export async function done(answer: Promise<unknown>): Promise<void> {
  await answer;
}

/** A key under which a request that is sent again is done once. */
export function idempotencyKey(): string {
  return crypto.randomUUID();
}

/** The version of a thing, as `If-Match` carries it. */
export function version(of: { version: number }): string {
  return `"${of.version}"`;
}

/** The bytes of an answer, for a download. */
export async function bytes(path: string): Promise<Blob> {
  const headers: Record<string, string> = {};
  if (carried.projectId !== null) headers["gathering-project"] = carried.projectId;
  let response: Response;
  try {
    response = await fetch(path, { headers, credentials: "same-origin" });
  } catch (error) {
    throw new Unreachable(error);
  }
  if (!response.ok) throw await problemOf(response);
  return response.blob();
}
