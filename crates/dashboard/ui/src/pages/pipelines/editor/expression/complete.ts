// What can be written next at a place in an expression.

import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { type Language, type Path, pathsIn } from "./paths";
import { keysAfter, type Scope, visibleNodes } from "./scope";

const FILTERS =
  "abs attr batch bool capitalize chain count default dictsort escape first float format groupby indent int items join last length lines list lower map max min reject rejectattr replace reverse round select selectattr sort split string sum title tojson trim unique upper urlencode zip".split(
    " ",
  );
const TESTS =
  "boolean defined divisibleby endingwith eq even false float ge gt in int integer iterable le lower lt mapping ne none number odd sameas sequence startingwith string true undefined upper".split(
    " ",
  );
const WORDS = ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none"];

/** What is offered, and where the word begins that it replaces. */
export interface Offer {
  from: number;
  options: Completion[];
}

/** The expression in which a place is, up to the place; null outside of any. */
function before(text: string, at: number, language: Language): string | null {
  const written = text.slice(0, at);
  if (language === "expression") return written;
  const begin = Math.max(written.lastIndexOf("{{"), written.lastIndexOf("{%"));
  const end = Math.max(written.lastIndexOf("}}"), written.lastIndexOf("%}"));
  return begin < 0 || end > begin ? null : written.slice(begin + 2);
}

/** Offers what can be written at `at`. Without `asked`, only where something has been begun. */
export function offerAt(
  text: string,
  at: number,
  language: Language,
  scope: Scope,
  asked: boolean,
): Offer | null {
  const expression = before(text, at, language);
  if (expression === null) return null;
  const word = /\w*$/.exec(expression)?.[0] ?? "";
  const from = at - word.length;
  const head = expression.slice(0, expression.length - word.length);
  if (/nodes\s*\[\s*['"]$/.test(head)) return { from, options: nodeOptions(scope) };
  // Within a text, nothing is named.
  const bare = head.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, (text) =>
    " ".repeat(text.length),
  );
  if (/['"]/.test(bare)) return null;
  if (/\.\s*$/.test(bare)) {
    const path = lastPath(head.replace(/\.\s*$/, ""));
    const known = path ? keysAfter(scope, path) : [];
    const options = known.map(({ name, kind }, place) => ({
      label: name,
      detail: kind,
      type: "property",
      boost: -place,
    }));
    return options.length > 0 ? { from, options } : null;
  }
  if (/(^|[^|])\|\s*$/.test(bare)) return { from, options: named(FILTERS, "function") };
  if (/\bis\s+(?:not\s+)?$/.test(bare)) return { from, options: named(TESTS, "keyword") };
  if (word === "" && !asked) return null;
  if (/^\d/.test(word)) return null;
  return { from, options: roots(scope, language) };
}

function named(names: readonly string[], type: string): Completion[] {
  return names.map((label) => ({ label, type }));
}

function nodeOptions(scope: Scope): Completion[] {
  return visibleNodes(scope).map(({ id, type }) => ({ label: id, detail: type, type: "variable" }));
}

function roots(scope: Scope, language: Language): Completion[] {
  const { node } = scope;
  const names = ["input", "nodes", "vars", "run", ...(node?.type === "map" ? ["item"] : [])];
  const http = node?.type === "action" && node.config?.kind === "http";
  return [
    ...names.map((label, place) => ({ label, type: "variable", boost: 50 - place })),
    ...visibleNodes(scope).map(({ id, type }, place) => ({
      label: `nodes.${id}.output`,
      detail: type,
      type: "variable",
      boost: 20 - Math.min(place, 40),
    })),
    { label: "range", apply: "range(", type: "function" },
    ...(http ? [{ label: "secret", apply: "secret('", type: "function" }] : []),
    ...named(WORDS, "keyword"),
    ...(language === "template" ? named(["for", "endfor", "endif", "elif"], "keyword") : []),
  ];
}

const LAST =
  /(?:^|[^\w.\]])([A-Za-z_]\w*(?:\s*\.\s*\w+|\s*\[\s*(?:'[^']*'|"[^"]*"|\d+)\s*\])*)\s*$/;

/** The path that an expression ends with. */
function lastPath(text: string): Path | null {
  const last = LAST.exec(text)?.[1];
  if (last === undefined) return null;
  return last === "loop" ? ["loop"] : (pathsIn(last, "expression")[0] ?? null);
}

/** The source of completions for an editor. */
export function completions(language: Language, scope: () => Scope) {
  return (context: CompletionContext): CompletionResult | null => {
    const { state, pos, explicit } = context;
    const offer = offerAt(state.doc.toString(), pos, language, scope(), explicit);
    return offer && { ...offer, validFor: /^\w*$/ };
  };
}
