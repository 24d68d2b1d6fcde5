// What of the sources the pages can come to, from where they start: declarations that nothing uses are not among it.

import ts from "typescript";

interface Module {
  /** The statements that declare something, by the names that they declare. */
  declared: Map<string, ts.Statement>;
  /** What runs when the module is loaded. */
  runs: ts.Statement[];
  /** From where a name comes, and what it is called there. */
  imported: Map<string, { from: string; name: string }>;
}

/** Where an import leads, if that is one of the sources. */
function resolve(sources: ReadonlyMap<string, string>, from: string, to: string): string | null {
  const path = to.startsWith("@/")
    ? `../src/${to.slice(2)}`
    : new URL(to, `file:///x/${from}`).pathname.replace("/x/", "").replace(/^(\/)?src/, "../src");
  const known = [path, `${path}.ts`, `${path}.tsx`, `${path}/index.ts`];
  return known.find((one) => sources.has(one)) ?? null;
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    const names = (name: ts.BindingName): string[] =>
      ts.isIdentifier(name)
        ? [name.text]
        : name.elements.flatMap((one) => (ts.isBindingElement(one) ? names(one.name) : []));
    return statement.declarationList.declarations.flatMap(({ name }) => names(name));
  }
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
    const flags = ts.getCombinedModifierFlags(statement);
    const name = statement.name ? [statement.name.text] : [];
    return flags & ts.ModifierFlags.Default ? [...name, "default"] : name;
  }
  return [];
}

function moduleOf(path: string, sources: ReadonlyMap<string, string>): Module {
  const file = ts.createSourceFile(
    path,
    sources.get(path) ?? "",
    ts.ScriptTarget.Latest,
    true,
    ts.ScriptKind.TSX,
  );
  const module: Module = { declared: new Map(), runs: [], imported: new Map() };
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)) {
      const { moduleSpecifier } = statement;
      const from =
        moduleSpecifier && ts.isStringLiteral(moduleSpecifier)
          ? resolve(sources, path, moduleSpecifier.text)
          : null;
      if (from === null) continue;
      // A module may be loaded for what it does.
      module.imported.set(`load ${from}`, { from, name: "load" });
      const clause = ts.isImportDeclaration(statement) ? statement.importClause : undefined;
      if (clause?.name) module.imported.set(clause.name.text, { from, name: "default" });
      const named = ts.isImportDeclaration(statement)
        ? clause?.namedBindings
        : statement.exportClause;
      if (named && (ts.isNamedImports(named) || ts.isNamedExports(named))) {
        for (const { name, propertyName } of named.elements) {
          module.imported.set(name.text, { from, name: (propertyName ?? name).text });
        }
      }
      continue;
    }
    const names = namesOf(statement);
    for (const name of names) module.declared.set(name, statement);
    if (names.length === 0) module.runs.push(statement);
  }
  return module;
}

/** The texts of all that can be come to from a source, with what its modules do when they are loaded. */
export function reachable(sources: ReadonlyMap<string, string>, start: string): string[] {
  const modules = new Map<string, Module>();
  const found = new Set<ts.Statement>();
  const load = (path: string): Module => {
    const known = modules.get(path);
    if (known) return known;
    const module = moduleOf(path, sources);
    modules.set(path, module);
    for (const { from, name } of module.imported.values()) if (name === "load") load(from);
    for (const statement of module.runs) visit(path, statement);
    return module;
  };
  const reach = (path: string, name: string) => {
    const { declared, imported } = load(path);
    const statement = declared.get(name);
    const other = imported.get(name);
    if (statement) visit(path, statement);
    else if (other) reach(other.from, other.name);
  };
  const visit = (path: string, statement: ts.Statement) => {
    if (found.has(statement)) return;
    found.add(statement);
    const look = (node: ts.Node) => {
      if (ts.isIdentifier(node)) reach(path, node.text);
      if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
        const [to] = node.arguments;
        const from = to && ts.isStringLiteral(to) ? resolve(sources, path, to.text) : null;
        if (from !== null) {
          for (const name of load(from).declared.keys()) if (name === "default") reach(from, name);
        }
      }
      ts.forEachChild(node, look);
    };
    look(statement);
  };
  load(start);
  return [...found].map((statement) => statement.getText());
}
