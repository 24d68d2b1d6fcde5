//! Every dependency of a crate is named in its code: one that is not only costs its build.

use super::{
    finding::Finding,
    graph::{Graph, PREFIX},
    tree::Tree,
};

/// Looks for the name of each dependency in the code of the crate that declares it.
pub(super) fn check(tree: &Tree, graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, dependencies) in graph.own() {
        let folder =
            if name == "bench" { "bench/src/".to_owned() } else { format!("crates/{name}/src/") };
        let is_named = |dependency: &str| {
            let word = dependency.replace('-', "_");
            let mut sources = tree.sources().filter(|(path, _)| path.starts_with(&folder));
            sources.any(|(_, text)| names(text, &word))
        };
        let unused: Vec<_> = dependencies
            .into_iter()
            .filter(|dependency| !is_named(dependency))
            .map(|dependency| {
                format!("`{}`", dependency.strip_prefix(PREFIX).unwrap_or(dependency))
            })
            .collect();
        if !unused.is_empty() {
            let message =
                format!("declares dependencies that it never names: {}", unused.join(", "));
            findings.push(Finding::fault(name, message));
        }
    }
    findings
}

fn names(text: &str, word: &str) -> bool {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| {
        line.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .any(|part| part == word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_that_no_line_names_is_a_fault() {
        let tree = Tree::of(&[
            ("crates/app/src/lib.rs", "//! Uses serde_json.\nuse gathering_domain::Id;\n"),
            ("crates/app/src/runs.rs", "tokio_util::sync();\n"),
            ("crates/app/tests/it/main.rs", "use uuid::Uuid;\n"),
            ("crates/domain/src/lib.rs", "#[derive(serde::Serialize)]\n"),
        ]);
        let graph = Graph::of(&[
            (
                "gathering-app",
                &[
                    "gathering-domain",
                    "gathering-engine",
                    "serde_json",
                    "tokio-util",
                    "tokio",
                    "uuid",
                ],
            ),
            ("gathering-domain", &["serde"]),
        ]);
        let found: Vec<_> = check(&tree, &graph).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "app: declares dependencies that it never names: `engine`, `serde_json`, `tokio`, `uuid`"
            ]
        );
    }
}
