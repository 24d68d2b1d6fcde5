// JSON merge patches: what turns one object into another.

type Data = Record<string, unknown>;

function isData(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The patch that makes `after` of `before`: what is gone is `null`, what is equal may be there. */
export function patchOf(before: Data, after: Data): Data {
  const patch: Data = {};
  for (const name of Object.keys(before)) {
    if (!(name in after)) patch[name] = null;
  }
  for (const [name, value] of Object.entries(after)) {
    const old = before[name];
    patch[name] = isData(old) && isData(value) ? patchOf(old, value) : value;
  }
  return patch;
}
