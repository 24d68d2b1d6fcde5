//! A source file is named after what it knows.

use super::{finding::Finding, tree::Tree};

/// Names that say nothing of what is inside.
const EMPTY_NAMES: [&str; 10] = [
    "common",
    "commons",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "util",
    "utils",
    "utilities",
];

/// Looks at the name of every source file and of its folders.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources()
        .filter_map(|(path, _)| fault(path).map(|message| Finding::fault(path, message)))
        .collect()
}

fn fault(path: &str) -> Option<String> {
    if path.ends_with("/mod.rs") {
        return Some("write `name.rs` beside `name/` instead of `name/mod.rs`".to_owned());
    }
    let empty = path
        .split(['/', '.', '_', '-'])
        .map(str::to_ascii_lowercase)
        .find(|word| EMPTY_NAMES.contains(&word.as_str()))?;
    Some(format!("`{empty}` says nothing; name the thing that it knows"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_nothing_are_found() {
        let tree = Tree::of(&[
            ("crates/a/src/community.rs", ""),
            ("crates/a/src/runs.rs", ""),
            ("crates/a/src/runs/mod.rs", ""),
            ("crates/a/src/string_utils.rs", ""),
            ("crates/a/tests/common/database.rs", ""),
            ("crates/common/src/README.md", ""),
            ("ui/src/RunManager.ts", ""),
            ("ui/src/run-manager.ts", ""),
        ]);
        let found: Vec<_> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "crates/a/src/runs/mod.rs: write `name.rs` beside `name/` instead of `name/mod.rs`",
                "crates/a/src/string_utils.rs: `utils` says nothing; name the thing that it knows",
                "crates/a/tests/common/database.rs: `common` says nothing; name the thing that it knows",
                "ui/src/run-manager.ts: `manager` says nothing; name the thing that it knows",
            ]
        );
    }
}
