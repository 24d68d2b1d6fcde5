// What a person sends as their decision.

import type { Schemas } from "@/api/client";
import { own } from "@/api/own";
import type { Schema } from "@/design/schema-form";

/** The call of a tool that an agent asks consent for. */
export interface ToolCall {
  agent: string;
  tool: string;
  arguments: unknown;
  reason: string;
}

/** The call that an approval is about, if it is about one. */
export function toolCallOf({ detail }: Pick<Schemas["Approval"], "detail">): ToolCall | null {
  const call = detail as (Partial<ToolCall> & { type?: string }) | null;
  if (typeof call !== "object" || call?.type !== "tool_call") return null;
  const { agent = "", tool = "", reason = "", arguments: given = {} } = call;
  return { agent, tool, reason, arguments: given };
}

/** What a node of a pipeline asks about. */
export function nodeDetailOf(
  detail: unknown,
): { pipeline: string; node: string; detail: unknown } | null {
  const about = detail as { pipeline?: unknown; node?: unknown; detail?: unknown } | null;
  if (typeof about !== "object" || about === null) return null;
  const { pipeline, node } = about;
  if (typeof pipeline !== "string" || typeof node !== "string") return null;
  return { pipeline, node, detail: about.detail ?? null };
}

/** What a form holds at first: defaults, and `false` for what must be yes or no. */
export function firstData(schema: Schema): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.default !== undefined) data[name] = property.default;
    else if (property.type === "boolean" && schema.required?.includes(name)) data[name] = false;
  }
  return data;
}

/** The names of fields that must be filled in and are not. */
export function missing(schema: Schema, data: Record<string, unknown>): string[] {
  return (schema.required ?? []).filter((name) => own(data, name) === undefined);
}

/** Whether an answer refuses: whoever refuses may leave the form empty. */
export function refuses(answer: string): boolean {
  return answer === "rejected";
}
