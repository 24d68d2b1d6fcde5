//! The table of crates in ARCHITECTURE.md: what it says, and whether it names the crates there are.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    finding::Finding,
    tree::{Tree, section},
};

/// The document that holds the table, and the heading that it stands under.
pub(super) const DOCUMENT: &str = "ARCHITECTURE.md";
const HEADING: &str = "Crates";

/// How high a crate stands. Those for development alone stand above all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Product(u8),
    Development,
}

/// What a crate may import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Imports {
    Everything,
    Only(BTreeSet<String>),
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) level: Level,
    pub(super) imports: Imports,
    pub(super) line: usize,
}

/// The rows by crate, and what is wrong with the form of the table.
pub(super) fn rows(tree: &Tree) -> (BTreeMap<String, Row>, Vec<Finding>) {
    let (mut rows, mut findings) = (BTreeMap::new(), Vec::new());
    let Some(lines) = tree.text(DOCUMENT).and_then(|text| section(text, HEADING)) else {
        let message = format!("has no section `## {HEADING}` with the table of crates");
        return (rows, vec![Finding::fault(DOCUMENT, message)]);
    };
    // The first two lines of a table are its heading and its rule.
    for (line, text) in lines.into_iter().filter(|(_, text)| text.starts_with('|')).skip(2) {
        let place = format!("{DOCUMENT}:{line}");
        match row(line, text) {
            None => findings.push(Finding::fault(
                place,
                "is not a row `| level | crate in backticks | one line | may import |`",
            )),
            Some((name, row)) => {
                if rows.insert(name.clone(), row).is_some() {
                    findings.push(Finding::fault(place, format!("names `{name}` a second time")));
                }
            }
        }
    }
    (rows, findings)
}

fn row(line: usize, text: &str) -> Option<(String, Row)> {
    let cells: Vec<&str> = text.trim().trim_matches('|').split('|').map(str::trim).collect();
    let [level, name, job, imports] = cells[..] else { return None };
    if job.is_empty() {
        return None;
    }
    let level = match level {
        "dev" => Level::Development,
        number => Level::Product(number.parse().ok()?),
    };
    let imports = match imports {
        "everything" => Imports::Everything,
        "–" => Imports::Only(BTreeSet::new()),
        names => Imports::Only(names.split(',').map(in_backticks).collect::<Option<_>>()?),
    };
    Some((in_backticks(name)?, Row { level, imports, line }))
}

fn in_backticks(text: &str) -> Option<String> {
    let name = text.trim().strip_prefix('`')?.strip_suffix('`')?;
    (!name.is_empty() && !name.contains('`')).then(|| name.to_owned())
}

/// Whether the table names exactly the crates that there are.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let (rows, mut findings) = rows(tree);
    let crates = tree.crates();
    for name in crates.iter().filter(|name| !rows.contains_key(**name)) {
        findings.push(Finding::fault(DOCUMENT, format!("the table lacks the crate `{name}`")));
    }
    for (name, row) in rows.iter().filter(|(name, _)| !crates.contains(name.as_str())) {
        let place = format!("{DOCUMENT}:{}", row.line);
        findings.push(Finding::fault(place, format!("there is no crate `{name}`")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# A\n\n## Crates\n\n| level | crate | one line | may import |\n|---|---|---|---|\n\
        | 0 | `domain` | nouns | – |\n| 1 | `engine` | core | `domain` |\n| dev | `xtask` | commands | everything |\n";

    fn tree<'a>(table: &'a str, crates: &[&'a str]) -> Tree {
        let manifests: Vec<String> =
            crates.iter().map(|name| format!("crates/{name}/Cargo.toml")).collect();
        let mut files = vec![(DOCUMENT, table)];
        files.extend(manifests.iter().map(|path| (path.as_str(), "")));
        Tree::of(&files)
    }

    fn said(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_table_is_read() {
        let (rows, findings) = rows(&tree(TABLE, &[]));
        assert_eq!(findings, []);
        assert_eq!(rows["engine"].level, Level::Product(1));
        assert_eq!(rows["engine"].imports, Imports::Only(["domain".to_owned()].into()));
        assert_eq!(rows["xtask"].imports, Imports::Everything);
        assert!(rows["xtask"].level > rows["engine"].level);
    }

    #[test]
    fn the_table_and_the_crates_must_agree() {
        assert_eq!(check(&tree(TABLE, &["domain", "engine", "xtask"])), []);
        assert_eq!(
            said(&check(&tree(TABLE, &["domain", "xtask", "cache"]))),
            [
                "ARCHITECTURE.md: the table lacks the crate `cache`",
                "ARCHITECTURE.md:8: there is no crate `engine`",
            ]
        );
    }

    #[test]
    fn a_malformed_table_is_a_fault() {
        assert_eq!(check(&tree("# A\n", &[])).len(), 1);
        for row in [
            "| 1 | engine | core | – |",
            "| one | `engine` | core | – |",
            "| 1 | `engine` | core |",
            "| 1 | `engine` | | – |",
        ] {
            let findings =
                said(&check(&tree(&format!("{TABLE}{row}\n"), &["domain", "engine", "xtask"])));
            assert!(
                findings[0].starts_with("ARCHITECTURE.md:10: is not a row"),
                "{row}: {findings:?}"
            );
        }
        let twice = format!("{TABLE}| 1 | `engine` | core | – |\n");
        assert_eq!(check(&tree(&twice, &["domain", "engine", "xtask"])).len(), 1);
    }
}
