//! Each danger of the host has one door: the environment, processes, the network, the clock, ids.

use super::{
    file_lengths::{is_test, without_tests},
    finding::Finding,
    tree::Tree,
};

/// A danger, how it looks in code, and the crates that may touch it.
struct Door {
    danger: &'static str,
    calls: &'static [&'static str],
    crates: &'static [&'static str],
}

const DOORS: [Door; 5] = [
    Door {
        danger: "the environment",
        calls: &["env::var(", "env::var_os(", "env::vars(", "env::vars_os("],
        crates: &["config"],
    },
    Door { danger: "processes", calls: &["process::Command"], crates: &["workspace"] },
    Door {
        danger: "the network",
        calls: &["TcpStream::connect", "UdpSocket::bind"],
        crates: &["database", "egress"],
    },
    Door {
        danger: "the clock",
        calls: &["SystemTime::now(", "Timestamp::now(", "Zoned::now("],
        crates: &["database", "server"],
    },
    Door { danger: "new ids", calls: &["Uuid::now_v7(", "Uuid::new_v4("], crates: &["server"] },
];

/// Crates that never reach a user.
const DEVELOPMENT: [&str; 2] = ["testkit", "xtask"];

/// Looks through the product's code, tests aside.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.sources() {
        let Some((name, _)) =
            path.strip_prefix("crates/").and_then(|path| path.split_once("/src/"))
        else {
            continue;
        };
        if DEVELOPMENT.contains(&name) || is_test(path) {
            continue;
        }
        for (index, line) in text.lines().take(without_tests(text)).enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for door in DOORS.iter().filter(|door| !door.crates.contains(&name)) {
                if let Some(call) = door.calls.iter().find(|call| line.contains(*call)) {
                    findings.push(Finding::fault(
                        format!("{path}:{}", index + 1),
                        format!(
                            "`{call}` reaches {}, whose door is `{}`",
                            door.danger,
                            door.crates.join("`, `")
                        ),
                    ));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::Subject;

    #[test]
    fn a_danger_outside_its_door_is_a_fault() {
        let tree = Tree::of(&[
            ("crates/config/src/environment.rs", "std::env::vars_os();\n"),
            (
                "crates/app/src/runs.rs",
                "//! Runs.\n// Not std::env::var(.\nlet home = std::env::var(\"HOME\");\n",
            ),
            ("crates/app/src/git.rs", "use std::process::Command;\n"),
            ("crates/app/tests/it/main.rs", "std::env::var(\"X\");\n"),
            (
                "crates/engine/src/ids.rs",
                "x();\n#[cfg(test)]\nmod tests {\n    Uuid::now_v7();\n}\n",
            ),
            ("crates/testkit/src/ids.rs", "Uuid::now_v7();\n"),
            ("crates/worker/src/beat.rs", "jiff::Timestamp::now();\n"),
            ("crates/worker/src/wake.rs", "TcpStream::connect(a);\n"),
        ]);
        let found: Vec<_> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "crates/app/src/git.rs:1: `process::Command` reaches processes, whose door is `workspace`",
                "crates/app/src/runs.rs:3: `env::var(` reaches the environment, whose door is `config`",
                "crates/worker/src/beat.rs:1: `Timestamp::now(` reaches the clock, whose door is `database`, `server`",
                "crates/worker/src/wake.rs:1: `TcpStream::connect` reaches the network, whose door is `database`, `egress`",
            ]
        );
    }

    #[test]
    fn this_repository_uses_its_doors() {
        assert_eq!(check(&Subject::of_repository().unwrap().tree), []);
    }
}
