// What the expressions of a node may name: what is before it in the definition, with the data of a past run.

import type { Schemas } from "@/api/client";
import type { Definition, NodeDefinition } from "../../definition";
import { type Path, pathsIn, valueAt } from "./paths";

/** A run whose data are shown beside the expressions. */
export interface PastRun {
  run: Schemas["Run"];
  nodes: readonly Schemas["Node"][];
}

export interface Scope {
  definition: Definition;
  /** The node whose text it is; none for the outputs, which see all. */
  node: NodeDefinition | null;
  past: PastRun | null;
}

/** One thing that can be written next. */
export interface Known {
  name: string;
  /** What it is, in a word. */
  kind: string;
}

type Obj = Record<string, unknown>;

function isObject(value: unknown): value is Obj {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The nodes that come before a node, the nearest first; all, if there is no node. */
export function visibleNodes({ definition, node }: Scope): NodeDefinition[] {
  if (node === null) return definition.nodes;
  const sources = new Map<string, string[]>();
  for (const { from, to } of definition.edges) {
    const known = sources.get(to);
    if (known) known.push(from);
    else sources.set(to, [from]);
  }
  const seen = new Set([node.id]);
  const order = [node.id];
  for (const id of order) {
    for (const from of sources.get(id) ?? []) {
      if (!seen.has(from)) {
        seen.add(from);
        order.push(from);
      }
    }
  }
  const byId = new Map(definition.nodes.map((one) => [one.id, one]));
  return order.slice(1).flatMap((id) => byId.get(id) ?? []);
}

/** What a path has in the past run; undefined if that is not known. */
export function pastValue(scope: Scope, path: Path): unknown {
  const [root, ...rest] = path;
  if (root === "vars") return valueAt(scope.definition.vars, rest);
  if (scope.past === null) return undefined;
  const { run, nodes } = scope.past;
  if (root === "input") return valueAt(run.input, rest);
  if (root === "item") return valueAt(firstItem(scope), rest);
  if (root !== "nodes") return undefined;
  const node = nodes.find(({ id }) => id === rest[0]);
  if (!node || node.output_left_out) return undefined;
  const { output, status, label, error } = node;
  const failure = error ? { code: error.code, message: error.message } : null;
  return valueAt({ output, status, label: label ?? null, error: failure }, rest.slice(1));
}

/** The first item of the list over which a map goes, as the past run had it. */
function firstItem(scope: Scope): unknown {
  const over = scope.node?.config?.over;
  if (typeof over !== "string") return undefined;
  const [path, ...others] = pathsIn(over, "expression");
  if (!path || others.length > 0 || path[0] === "item") return undefined;
  const list = pastValue(scope, path);
  return Array.isArray(list) ? list[0] : undefined;
}

const OF_NODE: Known[] = [
  { name: "output", kind: "value" },
  { name: "status", kind: "text" },
  { name: "label", kind: "text" },
  { name: "error", kind: "object" },
];
const OF_RUN = ["pipeline", "root_id", "started_at", "trigger"];
const OF_LOOP = ["index", "index0", "first", "last", "length", "previtem", "nextitem"];

/** The keys that can follow a path. */
export function keysAfter(scope: Scope, path: Path): Known[] {
  const [root, ...rest] = path;
  const texts = (names: string[]) => names.map((name) => ({ name, kind: "text" }));
  switch (root) {
    case "run":
      return rest.length === 0 ? texts(OF_RUN) : [];
    case "loop":
      return rest.length === 0 ? texts(OF_LOOP) : [];
    case "nodes": {
      const [id, part, ...deeper] = rest;
      if (id === undefined)
        return visibleNodes(scope).map(({ id, type }) => ({ name: id, kind: type }));
      if (part === undefined) return OF_NODE;
      if (part === "error") return deeper.length === 0 ? texts(["code", "message"]) : [];
      if (part !== "output") return [];
      const node = scope.definition.nodes.find((one) => one.id === id);
      return merged(schemaAt(outputSchema(scope.definition, node), deeper), pastValue(scope, path));
    }
    case "input":
      return merged(schemaAt(scope.definition.inputs, rest), pastValue(scope, path));
    case "item":
      return merged(schemaAt(itemSchema(scope), rest), pastValue(scope, path));
    case "vars":
      return merged(undefined, pastValue(scope, path));
    default:
      return [];
  }
}

/** The schema of what a node gives, where its settings tell it. */
function outputSchema(definition: Definition, node: NodeDefinition | undefined): unknown {
  if (!node) return undefined;
  if (node.type === "trigger") return definition.inputs;
  const { config } = node;
  const agents: unknown[] = Array.isArray(definition.agents) ? definition.agents : [];
  const agent = agents.find((one): one is Obj => isObject(one) && one.name === config?.agent);
  const schema = config?.output_schema ?? agent?.output_schema;
  return node.type === "map" && schema !== undefined ? { type: "array", items: schema } : schema;
}

function itemSchema(scope: Scope): unknown {
  const over = scope.node?.config?.over;
  const [path] = typeof over === "string" ? pathsIn(over, "expression") : [];
  if (!path) return undefined;
  const { definition } = scope;
  const [root, ...rest] = path;
  if (root === "input") return schemaAt(definition.inputs, [...rest, 0]);
  if (root !== "nodes" || rest[1] !== "output") return undefined;
  const node = definition.nodes.find(({ id }) => id === rest[0]);
  return schemaAt(outputSchema(definition, node), [...rest.slice(2), 0]);
}

function schemaAt(schema: unknown, path: Path): unknown {
  let now = schema;
  for (const key of path) {
    if (!isObject(now)) return undefined;
    now = typeof key === "number" ? now.items : isObject(now.properties) && now.properties[key];
  }
  return now;
}

/** Keys that a schema or a value has. */
function merged(schema: unknown, value: unknown): Known[] {
  const keys = new Map<string, string>();
  if (isObject(schema) && isObject(schema.properties)) {
    for (const [name, property] of Object.entries(schema.properties)) {
      const type = isObject(property) ? property.type : undefined;
      keys.set(name, typeof type === "string" ? type : "value");
    }
  }
  if (isObject(value)) {
    for (const [name, one] of Object.entries(value)) {
      if (!keys.has(name))
        keys.set(name, Array.isArray(one) ? "array" : one === null ? "null" : typeof one);
    }
  }
  return [...keys].map(([name, kind]) => ({ name, kind }));
}
