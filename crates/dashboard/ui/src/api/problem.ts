// What went wrong with a request, as people are told it.

import type { components } from "@/generated/schema";

/** The body of every answer that is a failure. */
export type ProblemBody = components["schemas"]["Problem"];
/** A fault of one field of what was sent. */
export type FieldFault = components["schemas"]["FieldError"];

/** A request that failed. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly faults: readonly FieldFault[];
  /** Seconds after which it may be asked again. */
  readonly retryAfter: number | null;

  constructor(status: number, body: Partial<ProblemBody>, retryAfter: number | null = null) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? "unknown";
    this.requestId = body.request_id ?? null;
    this.faults = body.errors ?? [];
    this.retryAfter = retryAfter;
  }

  /** What is wrong with the field at this JSON pointer, or below it. */
  at(pointer: string): FieldFault | undefined {
    return this.faults.find(
      (fault) => fault.pointer === pointer || fault.pointer.startsWith(`${pointer}/`),
    );
  }
}

/** The server could not be asked at all. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("the server cannot be reached", { cause });
    this.name = "Unreachable";
  }
}

/** Reads the failure of an answer. */
export async function problemOf(response: Response): Promise<Problem> {
  const after = Number(response.headers.get("retry-after"));
  const retryAfter = Number.isFinite(after) && after > 0 ? after : null;
  try {
    return new Problem(response.status, (await response.json()) as ProblemBody, retryAfter);
  } catch {
    return new Problem(response.status, {}, retryAfter);
  }
}
