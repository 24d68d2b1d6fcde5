//! Every configuration key is read by the binary: a key that does nothing is a promise broken.

use gathering_config::Key;

use super::{
    file_lengths::{is_test, without_tests},
    finding::Finding,
    tree::Tree,
};

/// Where configuration is turned into what the parts of the product are given.
const READER: &str = "crates/server/src/";

/// Looks for the name of each key in the binary's code.
pub(super) fn check(tree: &Tree, keys: &[Key]) -> Vec<Finding> {
    let unread: Vec<String> = keys
        .iter()
        .filter(|key| !is_read(tree, key.name))
        .map(|key| format!("`{}`", key.path()))
        .collect();
    if unread.is_empty() {
        return Vec::new();
    }
    vec![Finding::fault(READER, format!("reads nothing of {}", unread.join(", ")))]
}

fn is_read(tree: &Tree, name: &str) -> bool {
    tree.sources().filter(|(path, _)| path.starts_with(READER) && !is_test(path)).any(
        |(_, text)| {
            let lines = text
                .lines()
                .take(without_tests(text))
                .filter(|line| !line.trim_start().starts_with("//"));
            lines.into_iter().any(|line| {
                line.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                    .any(|word| word == name)
            })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_nothing_reads_is_a_fault() {
        let keys: Vec<Key> = gathering_config::describe()
            .into_iter()
            .filter(|key| key.section == "worker")
            .collect();
        let tree = Tree::of(&[
            (
                "crates/server/src/wiring.rs",
                "//! Wires.\n// grace_time\nlet poll = config.worker.poll_interval;\nlet x = my_max_concurrent_runs;\n",
            ),
            ("crates/server/tests/it/main.rs", "takeover_silence\n"),
            ("crates/worker/src/lib.rs", "grace_time\n"),
        ]);
        let found: Vec<_> = check(&tree, &keys).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            ["crates/server/src/: reads nothing of `worker.max_concurrent_runs`, \
              `worker.max_concurrent_runs_per_project`, `worker.grace_time`, `worker.takeover_silence`"]
        );
    }
}
