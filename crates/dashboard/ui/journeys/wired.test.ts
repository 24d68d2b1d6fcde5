// Every operation of the API is called by the pages or has a reason, and no page pretends.

// @vitest-environment node

import { readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";
import { reachable } from "./reachable";
import { UNWIRED } from "./unwired";

interface Described {
  paths: Record<string, Record<string, unknown>>;
  components: { schemas: Record<string, Shape> };
}

interface Shape {
  $ref?: string;
  properties?: Record<string, Shape>;
  items?: Shape;
  allOf?: Shape[];
}

const API = JSON.parse(
  readFileSync(new URL("../../../../docs/reference/openapi.json", import.meta.url), "utf8"),
) as Described;
/** The texts of the sources, by their paths. */
const SOURCES = new Map(
  Object.entries(
    import.meta.glob<string>(["../src/**/*.{ts,tsx}", "!**/*.test.*", "!**/generated/**"], {
      query: "?raw",
      import: "default",
      eager: true,
    }),
  ),
);
/** From how many records on a constant is a list, and from how many fields on a value is a record. */
const FEW = 3;

/** The operations of the description. */
function operations(): string[] {
  const methods = ["get", "post", "put", "patch", "delete"];
  return Object.entries(API.paths).flatMap(([path, all]) =>
    methods.filter((method) => method in all).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

/** A path whose parameters have no names. */
const bare = (path: string) => path.replaceAll(/\$?\{[^}]*\}/g, "{}").replace(/\?.*$/, "");

/** What a source asks: calls of the client, and addresses that are read as they are. */
function asked(text: string): string[] {
  const calls = text.matchAll(/api\s*\.(GET|POST|PUT|PATCH|DELETE)\(\s*"([^"]+)"/g);
  const addresses = text.matchAll(/(?:bytes|new URL)\(\s*["`](\/api\/[^"`]+)["`]/g);
  return [
    ...[...calls].map(([, method, path]) => `${method} ${bare(path ?? "")}`),
    ...[...addresses].map(([, path]) => `GET ${bare(path ?? "")}`),
  ];
}

test("every operation of the API is called by the pages, or has a reason", () => {
  const used = new Set(reachable(SOURCES, "../src/main.tsx").flatMap(asked));
  const unused = operations().filter((operation) => !used.has(bare(operation)));
  expect(unused.sort()).toEqual(Object.keys(UNWIRED).sort());
});

test("a call that no page comes to does not count", () => {
  const sources = new Map([
    ["../src/main.tsx", 'import { route } from "./app/route";\nroute();'],
    [
      "../src/app/route.ts",
      'import { one } from "@/api/calls";\nexport const route = () => lazy(() => import("../page")) ?? one;',
    ],
    [
      "../src/api/calls.ts",
      `export function one() { return two(); }
       const two = () => api.GET("/two");
       export const forgotten = () => api.GET("/forgotten");`,
    ],
    ["../src/page.tsx", 'export default function Page() { return api.GET("/page"); }'],
    ["../src/nobody.ts", 'api.GET("/nobody");'],
  ]);
  const found = reachable(sources, "../src/main.tsx").flatMap(asked);
  expect(found.sort()).toEqual(["GET /page", "GET /two"]);
});

/** The fields of what the API's lists consist of. */
function records(): Set<string>[] {
  const { schemas } = API.components;
  const resolve = (shape: Shape | undefined): Shape | undefined =>
    shape?.$ref ? resolve(schemas[shape.$ref.split("/").at(-1) ?? ""]) : shape;
  const fields = (shape: Shape | undefined): string[] => {
    const whole = resolve(shape);
    return [
      ...Object.keys(whole?.properties ?? {}),
      ...(whole?.allOf ?? []).flatMap((part) => fields(part)),
    ];
  };
  return Object.values(schemas).flatMap((shape) => {
    const items = shape.properties?.items?.items;
    return items ? [new Set(fields(items))] : [];
  });
}

/** Where a text has a constant list of what the API lists: at least a few objects with its fields alone. */
function pretended(file: string, text: string, all = records()): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const fieldsOf = (node: ts.Expression): string[] | null => {
    if (!ts.isObjectLiteralExpression(node) || node.properties.length < FEW) return null;
    const names = node.properties.map(({ name }) => name);
    return names.every((name) => name && (ts.isIdentifier(name) || ts.isStringLiteral(name)))
      ? names.map((name) => (name as ts.Identifier).text)
      : null;
  };
  const visit = (node: ts.Node) => {
    const values = ts.isArrayLiteralExpression(node)
      ? [...node.elements]
      : ts.isObjectLiteralExpression(node)
        ? node.properties.flatMap((one) => (ts.isPropertyAssignment(one) ? [one.initializer] : []))
        : [];
    const objects = values.map(fieldsOf).filter((fields) => fields !== null);
    const list = all.find(
      (record) =>
        objects.filter((fields) => fields.every((field) => record.has(field))).length >= FEW,
    );
    if (list) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1} has ${objects.length} records with ${objects[0]?.join()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test("no page has constant records in the place of a list", () => {
  const pages = [...SOURCES].filter(
    ([file]) => file.startsWith("../src/pages/") && !file.endsWith("words.ts"),
  );
  expect(pages.length).toBeGreaterThan(50);
  expect(pages.flatMap(([file, text]) => pretended(file, text))).toEqual([]);
});

test("constant records are found, and choices of a form are none", () => {
  const record = (name: string) =>
    `{ id: "agt_${name}", name: "${name}", created_at: "2026-01-01" }`;
  const list = `export const AGENTS = [${["a", "b", "c"].map(record).join()}];`;
  expect(pretended("agents.tsx", list)).toEqual([
    "agents.tsx:1 has 3 records with id,name,created_at",
  ]);
  const kept = `const RUNS = { ${["a", "b", "c"].map((one) => `${one}: ${record(one)}`).join()} };`;
  expect(pretended("runs.tsx", kept)).toHaveLength(1);
  const tabs = `const TABS = [${"{ id, name, content },".repeat(4)}];`;
  expect(pretended("tabs.tsx", tabs)).toEqual([]);
});
