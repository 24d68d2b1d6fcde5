// The smallest JSON merge patch (RFC 7396) that makes one document of another.

import { writeJson } from "./exact";

type Members = Record<string, unknown>;

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a merge patch cannot say: that a member is `null`. */
export class NullMember extends Error {
  constructor(name: string) {
    super(`“${name}”: null`);
    this.name = "NullMember";
  }
}

/**
 * Members of `after` that are others in `before`, with `null` for those that are gone. An object whose `type` is
 * another is written whole, because nothing of the one before is kept of it.
 */
export function mergePatch(before: Members, after: Members): Members {
  const whole = before.type !== after.type;
  const patch: Members = {};
  for (const name of Object.keys(before)) {
    if (after[name] === undefined && before[name] != null) patch[name] = null;
  }
  for (const [name, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const old = before[name];
    if (!whole && writeJson(old) === writeJson(value)) continue;
    if (value === null) {
      if (old === undefined) throw new NullMember(name);
      patch[name] = null;
    } else if (isMembers(value)) {
      patch[name] = mergePatch(isMembers(old) && !whole ? old : {}, value);
    } else {
      patch[name] = value;
    }
  }
  return patch;
}
