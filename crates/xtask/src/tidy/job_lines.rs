//! Every source file begins with its job, in one line.

use super::{
    finding::Finding,
    tree::{Tree, ending_of},
};

/// The longest job line, in characters.
const CHARACTERS_MAX: usize = 120;

/// Looks at the first lines of every source file.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources()
        .filter_map(|(path, text)| {
            let mark = if ending_of(path) == Some("rs") { "//!" } else { "//" };
            fault(mark, text).map(|message| Finding::fault(format!("{path}:1"), message))
        })
        .collect()
}

fn fault(mark: &str, text: &str) -> Option<String> {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let Some(job) = first.strip_prefix(mark).and_then(|rest| rest.strip_prefix(' ')) else {
        return Some(format!("does not begin with `{mark}` and the file's job"));
    };
    if job.trim().is_empty() {
        return Some("says no job".to_owned());
    }
    if first.chars().count() > CHARACTERS_MAX {
        return Some(format!("is longer than {CHARACTERS_MAX} characters"));
    }
    let goes_on = lines
        .next()
        .and_then(|line| line.strip_prefix(mark))
        .is_some_and(|rest| !rest.trim().is_empty());
    goes_on.then(|| "goes on in the second line; put an empty one between".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_begins_with_one_line_about_its_job() {
        let long = format!("//! {}\n", "x".repeat(120));
        let tree = Tree::of(&[
            ("a.rs", "//! Adds.\n\nfn main() {}\n"),
            ("b.rs", "//! Adds.\n//!\n//! And more about that.\n"),
            ("c.ts", "// Draws.\n"),
            ("readme.md", "no job\n"),
            ("bad/empty.rs", ""),
            ("bad/code.rs", "fn main() {}\n"),
            ("bad/comment.rs", "// Adds.\n"),
            ("bad/long.rs", &long),
            ("bad/two.rs", "//! Adds and goes\n//! on.\n"),
            ("bad/silent.tsx", "//  \n"),
        ]);
        let found: Vec<_> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "bad/code.rs:1: does not begin with `//!` and the file's job",
                "bad/comment.rs:1: does not begin with `//!` and the file's job",
                "bad/empty.rs:1: does not begin with `//!` and the file's job",
                "bad/long.rs:1: is longer than 120 characters",
                "bad/silent.tsx:1: says no job",
                "bad/two.rs:1: goes on in the second line; put an empty one between",
            ]
        );
    }
}
