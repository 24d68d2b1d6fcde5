//! Whether each crate imports only what its row of the table allows, and only from below.

use super::{
    crate_table::{DOCUMENT, Imports, Level, rows},
    finding::Finding,
    graph::{Graph, PREFIX},
    tree::Tree,
};

/// Compares the real edges with the table. What only tests use is free, and crates for development
/// may import each other.
pub(super) fn check(tree: &Tree, graph: &Graph) -> Vec<Finding> {
    let (rows, _) = rows(tree);
    let mut findings = Vec::new();
    for (name, dependencies) in graph.own() {
        let Some(row) = rows.get(name) else { continue };
        let place = format!("{DOCUMENT}:{}", row.line);
        let imported = dependencies.iter().filter_map(|dependency| dependency.strip_prefix(PREFIX));
        for import in imported {
            let allowed = match &row.imports {
                Imports::Everything => true,
                Imports::Only(names) => names.contains(import),
            };
            if !allowed {
                findings.push(Finding::fault(
                    &place,
                    format!("`{name}` imports `{import}`, which its row does not allow"),
                ));
            }
            let upward = rows.get(import).is_some_and(|other| other.level >= row.level);
            if upward && row.level != Level::Development {
                findings.push(Finding::fault(
                    &place,
                    format!("`{name}` imports `{import}`, which does not stand below it"),
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{Subject, crate_table};

    fn tree() -> Tree {
        let table = "## Crates\n| level | crate | one line | may import |\n|---|---|---|---|\n\
            | 0 | `domain` | nouns | – |\n| 1 | `llm` | port | `domain` |\n| 1 | `tools` | port | `domain`, `llm` |\n\
            | 5 | `server` | all | everything |\n| dev | `testkit` | harness | everything |\n\
            | dev | `bench` | measures | everything |\n";
        Tree::of(&[(DOCUMENT, table)])
    }

    fn said(graph: &Graph) -> Vec<String> {
        check(&tree(), graph).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn allowed_edges_pass() {
        let graph = Graph::of(&[
            ("gathering-llm", &["gathering-domain", "serde"]),
            ("gathering-server", &["gathering-llm", "gathering-domain"]),
            ("gathering-testkit", &["gathering-server"]),
            ("gathering-bench", &["gathering-testkit"]),
        ]);
        assert_eq!(said(&graph), [""; 0]);
    }

    #[test]
    fn edges_beyond_the_row_and_edges_upward_are_faults() {
        let graph = Graph::of(&[
            ("gathering-domain", &["gathering-llm"]),
            ("gathering-tools", &["gathering-llm"]),
            ("gathering-server", &["gathering-testkit"]),
        ]);
        assert_eq!(
            said(&graph),
            [
                "ARCHITECTURE.md:4: `domain` imports `llm`, which its row does not allow",
                "ARCHITECTURE.md:4: `domain` imports `llm`, which does not stand below it",
                "ARCHITECTURE.md:7: `server` imports `testkit`, which does not stand below it",
                "ARCHITECTURE.md:6: `tools` imports `llm`, which does not stand below it",
            ]
        );
    }

    #[test]
    fn this_repository_imports_only_what_its_table_allows() {
        let subject = Subject::of_repository().unwrap();
        assert_eq!(crate_table::check(&subject.tree), []);
        assert_eq!(check(&subject.tree, &subject.graph), []);
    }
}
