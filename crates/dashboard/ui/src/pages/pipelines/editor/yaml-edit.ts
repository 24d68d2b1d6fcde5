// Changes a YAML text where its value has changed, and nowhere else: comments, order and style stay.

import {
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Scalar,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { writeJson } from "@/api/exact";
import { parseYaml, yamlDocument } from "@/api/exact-yaml";
import { diffLines } from "@/design/diff";

/** The order in which people write the keys of a definition, its nodes, edges and agents. */
const ORDER =
  "id name type description from to when inputs vars agents nodes edges outputs limits priority config input retry timeout cost on_error join model persona instructions tools".split(
    " ",
  );
const STYLE = { lineWidth: 0, aliasDuplicateObjects: false } as const;
/** A collection in braces gets lines of its own beyond this. */
const LINE = 110;

type Obj = Record<string, unknown>;
interface Edit {
  from: number;
  to: number;
  insert: string;
}

function isObject(value: unknown): value is Obj {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function rank(key: string): number {
  const place = ORDER.indexOf(key);
  return place < 0 ? ORDER.length : place;
}

/** The value with the keys that the form knows in their order. */
function inOrder(value: Obj): Obj {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => rank(a) - rank(b)));
}

/** The text of a definition that nobody has written yet. */
export function freshText(definition: Obj): string {
  const parts = Object.entries(inOrder(definition)).map(([key, value]) => [
    key,
    ["nodes", "edges", "agents"].includes(key) && Array.isArray(value)
      ? value.map((one) => (isObject(one) ? inOrder(one) : one))
      : value,
  ]);
  return stringify(Object.fromEntries(parts), STYLE);
}

/** Whether two values say the same, whatever the order of their keys. */
export function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, at) => same(item, other[at]));
  if (!isObject(one) || !isObject(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && same(one[key], other[key]))
  );
}

/** The text that says `after`, made from one that says `before`. */
export function editText(text: string, before: Obj, after: Obj): string {
  if (same(before, after)) return text;
  const document = yamlDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) return freshText(after);
  const edited = new Editing(text).run(document.contents, before, after);
  try {
    // What the ways of YAML could spoil is written anew instead.
    if (same({ nodes: [], edges: [], ...(parseYaml(edited) as Obj) }, after)) return edited;
  } catch {
    // As above.
  }
  return freshText(after);
}

class Editing {
  private readonly edits: Edit[] = [];
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  run(map: YAMLMap, before: Obj, after: Obj): string {
    this.map(map as YAMLMap<Node, Node | null>, before, after);
    const sorted = this.edits
      .map((edit, order) => ({ ...edit, order }))
      .sort(
        (a, b) =>
          a.from - b.from || Number(a.to > a.from) - Number(b.to > b.from) || a.order - b.order,
      );
    let out = "";
    let at = 0;
    for (const { from, to, insert } of sorted) {
      out += this.text.slice(at, Math.max(at, from));
      if (from === this.text.length && out !== "" && !out.endsWith("\n")) out += "\n";
      out += insert;
      at = Math.max(at, to);
    }
    return out + this.text.slice(at);
  }

  private map(map: YAMLMap<Node, Node | null>, before: Obj, after: Obj): void {
    const pairs = new Map(map.items.map((pair) => [keyOf(pair), pair]));
    const added = Object.keys(after).filter((key) => !pairs.has(key) && !isNothing(after[key]));
    const gone = [...pairs.keys()].filter((key) => !Object.hasOwn(after, key));
    if (map.flow && added.length + gone.length > 0) {
      this.replace(map, this.column(map), after);
      return;
    }
    for (const [key, pair] of pairs) {
      if (Object.hasOwn(after, key) && !same(before[key], after[key]))
        this.value(map, pair, before[key], after[key]);
    }
    for (const key of gone) {
      const at = map.items.findIndex((pair) => keyOf(pair) === key);
      const [pair, previous, next] = [map.items[at], map.items[at - 1], map.items[at + 1]];
      if (!pair) continue;
      if (previous) this.edit(this.line(endOf(previous)), this.line(endOf(pair)), "");
      else if (next) this.edit(startOf(pair), startOf(next), "");
    }
    for (const key of added) {
      const column = this.column(map);
      const follows = map.items.filter((pair) => rank(keyOf(pair)) <= rank(key)).at(-1);
      const written = indent(stringify({ [key]: after[key] }, STYLE), column);
      if (follows) this.edit(this.line(endOf(follows)), this.line(endOf(follows)), written);
      else this.edit(startOf(map), startOf(map), `${written.trimStart()}${" ".repeat(column)}`);
    }
  }

  /** Changes what a key has. */
  private value(
    map: YAMLMap,
    pair: Pair<Node, Node | null>,
    before: unknown,
    after: unknown,
  ): void {
    const node = pair.value;
    if (node && isMap(node) && node.items.length > 0 && isObject(before) && isObject(after)) {
      const kept = node.items.some((one) => Object.hasOwn(after, keyOf(one as Pair<Node, Node>)));
      if (kept) {
        this.map(node as YAMLMap<Node, Node>, before, after);
        return;
      }
    }
    if (node && isSeq(node) && Array.isArray(before) && Array.isArray(after)) {
      if (node.items.length > 0 && after.length > 0) {
        this.list(node as YAMLSeq<Node>, before, after);
        return;
      }
    }
    if (map.flow) {
      if (node) this.replace(node, 0, after, true);
      return;
    }
    const from = startOf(pair);
    const to = endOf(pair);
    const written = stringify({ [keyOf(pair)]: styled(node, after) }, STYLE);
    this.edit(from, to, this.ended(indent(written, this.columnAt(from)).trimStart(), to));
  }

  private list(list: YAMLSeq<Node>, before: unknown[], after: unknown[]): void {
    const steps = alignment(before, after);
    if (list.flow) {
      if (steps.some(({ old, fresh }) => old === null || fresh === null)) {
        this.replace(list, 0, after, true);
        return;
      }
    }
    const dash = this.columnAt(this.dashOf(list.items[0]));
    let last: Node | null = null;
    for (const { old, fresh } of steps) {
      const item = old === null ? undefined : list.items[old];
      if (item && fresh !== null) this.item(list, item, before[old ?? 0], after[fresh]);
      else if (item) {
        const from = last ? this.line(endOf(last)) : this.begin(this.dashOf(item));
        this.edit(from, this.line(endOf(item)), "");
      } else if (fresh !== null) {
        const value = after[fresh];
        const written = indent(stringify([isObject(value) ? inOrder(value) : value], STYLE), dash);
        const first = list.items[0];
        const at = last ? this.line(endOf(last)) : first ? this.begin(this.dashOf(first)) : 0;
        this.edit(at, at, this.likeLast(list, written, value, dash));
      }
      if (item) last = item;
    }
  }

  /** A new item in braces where the others are. */
  private likeLast(list: YAMLSeq<Node>, written: string, value: unknown, dash: number): string {
    const model = list.items.at(-1);
    if (!isMap(model) || !model.flow || !isObject(value)) return written;
    const line = `${" ".repeat(dash)}- ${inBraces(inOrder(value))}\n`;
    return line.length > LINE ? written : line;
  }

  private item(list: YAMLSeq<Node>, item: Node, before: unknown, after: unknown): void {
    if (same(before, after)) return;
    if (isMap(item) && item.items.length > 0 && isObject(before) && isObject(after)) {
      this.map(item as YAMLMap<Node, Node>, before, after);
      return;
    }
    if (list.flow) {
      this.replace(item, 0, after, true);
      return;
    }
    const from = item.range?.[0] ?? 0;
    const to = endOf(item);
    const written = indent(
      stringify([styled(item, after)], STYLE),
      this.columnAt(this.dashOf(item)),
    );
    this.edit(from, to, this.ended(written.trimStart().slice(2), to));
  }

  /** Writes a node in braces or brackets anew. */
  private replace(node: Node, column: number, after: unknown, within = false): void {
    const value = isObject(after) ? inOrder(after) : after;
    const line = inBraces(value);
    const room = LINE - this.columnAt(startOf(node));
    const block = !within && isObject(value) && line.length > room && this.isItem(node);
    const written = block ? indent(stringify(value, STYLE), column).trim() : line;
    this.edit(startOf(node), endOf(node), written);
  }

  /** Whether a node begins behind the dash of a list. */
  private isItem(node: Node): boolean {
    return /- *$/.test(this.text.slice(this.begin(startOf(node)), startOf(node)));
  }

  private edit(from: number, to: number, insert: string): void {
    this.edits.push({ from, to, insert });
  }

  /** What replaces something ends as that ended: with its line, or before. */
  private ended(written: string, to: number): string {
    const line = written.replace(/\n$/, "");
    return this.text[to - 1] === "\n" ? `${line}\n` : line;
  }

  private begin(at: number): number {
    return this.text.lastIndexOf("\n", at - 1) + 1;
  }

  /** The beginning of the line after what ends there. */
  private line(end: number): number {
    if (this.text[end - 1] === "\n") return end;
    const next = this.text.indexOf("\n", end);
    return next < 0 ? this.text.length : next + 1;
  }

  private columnAt(at: number): number {
    return at - this.begin(at);
  }

  private column(map: YAMLMap): number {
    return this.columnAt(startOf(map));
  }

  private dashOf(item: Node | undefined): number {
    return this.text.lastIndexOf("-", (item?.range?.[0] ?? 1) - 1);
  }
}

function keyOf(pair: { key: unknown }): string {
  return isScalar(pair.key) ? String(pair.key.value) : "";
}

function isNothing(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function startOf(of: Node | Pair<Node, Node | null>): number {
  if ("key" in of) return of.key.range?.[0] ?? 0;
  const [first] = isMap(of) && !of.flow ? of.items : [];
  return first ? startOf(first as Pair<Node, Node>) : (of.range?.[0] ?? 0);
}

/** Where the value of something ends, before a comment behind it. */
function endOf(of: Node | Pair<Node, Node | null>): number {
  if ("key" in of) return of.value?.range ? endOf(of.value) : (of.key.range?.[1] ?? 0);
  const last = (isMap(of) || isSeq(of)) && !of.flow ? of.items.at(-1) : undefined;
  return last ? endOf(last as Node) : (of.range?.[1] ?? 0);
}

/** A text in the style in which the one before it was written. */
function styled(node: Node | null, value: unknown): unknown {
  if (!isScalar(node) || typeof value !== "string") return value;
  const scalar = new Scalar(value);
  const lines = value.includes("\n");
  if (node.type && (lines || !node.type.startsWith("BLOCK"))) scalar.type = node.type;
  return scalar;
}

/** A value in one line. */
function inBraces(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inBraces).join(", ")}]`;
  if (isObject(value)) {
    const pairs = Object.entries(value).map(([key, one]) => `${inBraces(key)}: ${inBraces(one)}`);
    return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
  }
  if (typeof value === "string" && value.includes("\n")) return writeJson(value);
  const written = stringify([value], { ...STYLE, collectionStyle: "flow" });
  return written.replace(/^\[\s*/, "").replace(/\s*\]\s*$/, "");
}

function indent(text: string, column: number): string {
  const space = " ".repeat(column);
  return text.replace(/^(?=.)/gm, space);
}

interface Step {
  old: number | null;
  fresh: number | null;
}

/** Which item of a list has become which: what is called the same, then what stands at the same place. */
function alignment(before: readonly unknown[], after: readonly unknown[]): Step[] {
  const name = (value: unknown) =>
    isObject(value) && typeof value.id === "string" ? value.id : writeJson(value);
  const steps: Step[] = [];
  let [old, fresh] = [0, 0];
  let [gone, added]: [number[], number[]] = [[], []];
  const settle = () => {
    for (let at = 0; at < Math.max(gone.length, added.length); at++)
      steps.push({ old: gone[at] ?? null, fresh: added[at] ?? null });
    [gone, added] = [[], []];
  };
  const lines = (values: readonly unknown[]) => values.map(name).join("\n");
  for (const { kind } of diffLines(lines(before), lines(after))) {
    if (kind === "removed") gone.push(old++);
    else if (kind === "added") added.push(fresh++);
    else {
      settle();
      steps.push({ old: old++, fresh: fresh++ });
    }
  }
  settle();
  return steps;
}
