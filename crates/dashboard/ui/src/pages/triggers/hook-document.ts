// A hook as its form holds it, and as the API takes it.

import type { Schemas } from "@/api/client";
import { mergePatch } from "@/api/merge-patch";
import { lines } from "../startables/event-kinds";
import { NO_START, type StartDraft, startDraft, startsOf } from "../startables/start";

export const VERIFICATIONS = ["none", "standard_webhooks", "github", "hmac_sha256"] as const;

type Hook = Schemas["Hook"];

/** What stands in the fields. */
export interface HookDraft extends StartDraft {
  name: string;
  filter: string;
  verification: (typeof VERIFICATIONS)[number];
  /** Never shown: empty, the stored one stays. */
  secret: string;
  header: string;
  prefix: string;
  deliveryId: string;
  headers: string;
  wait: boolean;
  atMost: string;
}

/** The fields of a hook, or those with which a new one begins. */
export function hookDraft(hook: Hook | null): HookDraft {
  const signed = hook?.verification.type === "hmac_sha256" ? hook.verification : null;
  return {
    ...(hook ? startDraft(hook.starts, hook.input) : NO_START),
    name: hook?.name ?? "",
    filter: hook?.filter ?? "",
    verification: hook?.verification.type ?? "none",
    secret: "",
    header: signed?.header ?? "x-signature",
    prefix: signed?.prefix ?? "",
    deliveryId: hook?.delivery_id ?? "",
    headers: hook?.headers.join("\n") ?? "",
    wait: hook?.answer.type === "wait",
    atMost: hook?.answer.type === "wait" ? hook.answer.at_most : "10s",
  };
}

/** Whether the stored secret is still the right kind of secret. */
export function keepsSecret(draft: HookDraft, hook: Hook | null): boolean {
  return hook?.verification.type === draft.verification;
}

function verificationOf(draft: HookDraft): Schemas["HookVerificationBody"] {
  const { verification: type, header, prefix } = draft;
  const secret = draft.secret === "" ? {} : { secret: draft.secret };
  switch (type) {
    case "none":
      return { type };
    case "hmac_sha256":
      return { type, ...secret, header: header.trim(), prefix };
    default:
      return { type, ...secret };
  }
}

/** What the API takes. */
export function hookDocument(draft: HookDraft) {
  const filter = draft.filter.trim();
  const deliveryId = draft.deliveryId.trim();
  return {
    name: draft.name.trim(),
    verification: verificationOf(draft),
    headers: lines(draft.headers),
    answer: draft.wait
      ? ({ type: "wait", at_most: draft.atMost.trim() } as const)
      : ({ type: "accepted" } as const),
    ...(filter && { filter }),
    ...(deliveryId && { delivery_id: deliveryId }),
    ...startsOf(draft),
  };
}

/** What a change of a hook says. */
export function hookPatch(hook: Hook, draft: HookDraft) {
  const { name, verification, headers, answer, filter, delivery_id, starts, input } = hook;
  const before = { name, verification, headers, answer, filter, delivery_id, starts, input };
  return mergePatch(before, hookDocument(draft));
}
