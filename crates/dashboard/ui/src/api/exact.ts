// JSON with all digits: an integer that a number cannot hold exactly is a `bigint`, and is written as it was.

const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG = /\d{16}/;
const INTEGER = /^-?[1-9]\d{15,}$/;

/** Stands before the digits of a `bigint` in a text, where no text of others can have it. */
const MARK = `${crypto.getRandomValues(new Uint32Array(4)).join("-")}:`;
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, "g");

/** The integer that a text of digits is. */
export function integer(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}

/** What a JSON text says. Throws where it is none. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!LONG.test(text)) return value;
  let found = false;
  const marked = text.replace(TOKENS, (token) => {
    if (!INTEGER.test(token) || Number.isSafeInteger(Number(token))) return token;
    found = true;
    return `"${MARK}${token}"`;
  });
  if (!found) return value;
  return JSON.parse(marked, (_, one: unknown) =>
    typeof one === "string" && one.startsWith(MARK) ? BigInt(one.slice(MARK.length)) : one,
  );
}

/** A value as JSON; of what JSON cannot say, such as `undefined`, nothing. */
export function writeJson(value: unknown, space?: number): string {
  let found = false;
  const text = JSON.stringify(
    value,
    (_, one: unknown) => {
      if (typeof one !== "bigint") return one;
      found = true;
      return `${MARK}${one}`;
    },
    space,
  ) as string | undefined;
  return (found ? text?.replace(MARKED, "$1") : text) ?? "";
}
