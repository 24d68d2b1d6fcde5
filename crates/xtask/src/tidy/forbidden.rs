//! Dependencies that would break a layer's promise.

use super::{finding::Finding, graph::Graph};

/// Crates that only decide: time, disk and network reach them as values.
const PURE: [&str; 8] =
    ["domain", "expressions", "engine", "schedules", "llm", "tools", "pipelines", "agents"];

/// What none of them may have anywhere below it.
const IMPURE: [&str; 12] = [
    "async-std",
    "axum",
    "h2",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "postgres",
    "reqwest",
    "rusqlite",
    "sqlx",
    "tokio",
    "tokio-postgres",
];

/// What only certain crates may name as a dependency of their own.
const DOORS: [(&[&str], &[&str]); 4] = [
    (
        &[
            "rusqlite",
            "libsqlite3-sys",
            "tokio-postgres",
            "deadpool-postgres",
            "tokio-postgres-rustls",
            "sqlx",
        ],
        &["database", "testkit"],
    ),
    (&["reqwest", "lettre"], &["egress"]),
    // Their servers serve the API; their clients would be a second way out.
    (&["hyper", "hyper-util", "tokio-tungstenite"], &["api"]),
    (&["axum", "utoipa", "utoipa-axum", "utoipa-swagger-ui", "tower-http"], &["api", "testkit"]),
];

/// What must not be in the tree at all, on any platform and with any feature: TLS is rustls with
/// ring.
const NOWHERE: [&str; 5] = ["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys"];

/// Looks for each of them.
pub(super) fn check(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in PURE {
        let below = graph.below(name);
        for way in IMPURE.iter().filter_map(|impure| below.get(impure)) {
            findings.push(Finding::fault(name, format!("only decides, yet {}", way.join(" -> "))));
        }
    }
    for (name, dependencies) in graph.own() {
        for (kept, doors) in DOORS {
            for dependency in kept.iter().filter(|kept| dependencies.contains(*kept)) {
                if !doors.contains(&name) {
                    let message = format!("names `{dependency}`, which is kept for `{}`", doors[0]);
                    findings.push(Finding::fault(name, message));
                }
            }
        }
    }
    for name in NOWHERE.iter().filter(|name| graph.can_bring_in(name)) {
        findings.push(Finding::fault("Cargo.lock", format!("`{name}` must not be in the tree")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::Subject;

    fn said(graph: &Graph) -> Vec<String> {
        check(graph).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn input_and_output_below_a_pure_crate_is_a_fault() {
        let graph = Graph::of(&[
            ("gathering-engine", &["futures-extra"]),
            ("futures-extra", &["tokio"]),
            ("gathering-worker", &["tokio"]),
        ]);
        assert_eq!(said(&graph), ["engine: only decides, yet engine -> futures-extra -> tokio"]);
    }

    #[test]
    fn only_the_door_names_what_is_kept_for_it() {
        let graph = Graph::of(&[
            ("gathering-database", &["rusqlite"]),
            ("gathering-egress", &["reqwest"]),
            ("gathering-api", &["axum"]),
            ("gathering-storage", &["gathering-database", "rusqlite"]),
            ("gathering-tools-native", &["gathering-egress", "reqwest"]),
        ]);
        assert_eq!(
            said(&graph),
            [
                "storage: names `rusqlite`, which is kept for `database`",
                "tools-native: names `reqwest`, which is kept for `egress`",
            ]
        );
    }

    #[test]
    fn another_tls_is_a_fault_wherever_it_comes_from() {
        let graph = Graph::of(&[("somebody", &["openssl-sys"])]);
        assert_eq!(said(&graph), ["Cargo.lock: `openssl-sys` must not be in the tree"]);
    }

    #[test]
    fn this_repository_has_no_forbidden_dependency() {
        assert_eq!(check(&Subject::of_repository().unwrap().graph), []);
    }
}
