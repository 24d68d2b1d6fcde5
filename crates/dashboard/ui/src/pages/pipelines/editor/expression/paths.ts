// What expressions name: `input.tickets[0].text`, `nodes.sort.output`; where they stand in a text, and what is there.

/** How a text is read: the whole as an expression, or with expressions in `{{ }}` and `{% %}`. */
export type Language = "expression" | "template";

/** A name and the keys behind it. */
export type Path = readonly (string | number)[];

const ROOTS = new Set(["input", "vars", "nodes", "run", "item"]);

/** The parts of a text that are expressions. */
export function expressionsOf(text: string, language: Language): string[] {
  if (language === "expression") return [text];
  return [...text.matchAll(/\{\{([\s\S]*?)(?:\}\}|$)|\{%([\s\S]*?)(?:%\}|$)/g)].map(
    (found) => found[1] ?? found[2] ?? "",
  );
}

/** The paths that a text names, each once, in the order in which they stand there. */
export function pathsIn(text: string, language: Language): Path[] {
  const found = new Map<string, Path>();
  for (const expression of expressionsOf(text, language)) {
    for (const path of inExpression(expression)) found.set(JSON.stringify(path), path);
  }
  return [...found.values()];
}

const STRING = /'(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?/y;
const NAME = /[A-Za-z_]\w*/y;
const KEY = /\s*(?:\.\s*(?:([A-Za-z_]\w*)|(\d+))|\[\s*(?:'([^'\\]*)'|"([^"\\]*)"|(\d+))\s*\])/y;

function inExpression(text: string): Path[] {
  const paths: Path[] = [];
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match;
  };
  while (at < text.length) {
    if (take(STRING)) continue;
    // A key of something else, such as of a call, or the name of a filter, is no path.
    const free = !/[.|]\s*$/.test(text.slice(0, at));
    const name = take(NAME)?.[0];
    if (name === undefined) {
      at += 1;
    } else if (free && ROOTS.has(name) && !/^\s*=[^=]/.test(text.slice(at))) {
      const path: (string | number)[] = [name];
      for (let key = take(KEY); key; key = take(KEY)) {
        const number = key[2] ?? key[5];
        path.push(number === undefined ? (key[1] ?? key[3] ?? key[4] ?? "") : Number(number));
      }
      paths.push(path);
    }
  }
  return paths;
}

/** A path as expressions write it. */
export function written(path: Path): string {
  return path
    .map((key, place) => {
      if (typeof key === "number") return `[${key}]`;
      if (!/^[A-Za-z_]\w*$/.test(key)) return `['${key}']`;
      return place === 0 ? key : `.${key}`;
    })
    .join("");
}

/** What stands at a path in a value; undefined if nothing does. */
export function valueAt(value: unknown, path: Path): unknown {
  let now = value;
  for (const key of path) {
    if (typeof now !== "object" || now === null || !Object.hasOwn(now, key)) return undefined;
    now = (now as Record<string | number, unknown>)[key];
  }
  return now;
}
