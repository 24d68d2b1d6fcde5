//! No source file is longer than a reader can hold, tests aside.

use super::{finding::Finding, tree::Tree};

/// Lines past which a file is at fault.
const LINES_MAX: usize = 600;

/// Lines past which a file probably holds two things.
const LINES_HIGH: usize = 400;

/// Measures every source file that is not a test.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.sources()
        .filter(|(path, _)| !is_test(path))
        .filter_map(|(path, text)| match without_tests(text) {
            lines if lines > LINES_MAX => Some(Finding::fault(
                path,
                format!("{lines} lines are more than {LINES_MAX}; split it by noun"),
            )),
            lines if lines > LINES_HIGH => {
                Some(Finding::warning(path, format!("{lines} lines; look for the second noun")))
            }
            _ => None,
        })
        .collect()
}

/// Whether a whole file is a test.
pub(super) fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs" || part.contains(".test."))
}

/// How many lines stand before the tests that stand beside the code.
pub(super) fn without_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    lines
        .windows(2)
        .position(|pair| {
            pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
        })
        .unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_found_and_tests_do_not_count() {
        let lines = |number: usize| "x\n".repeat(number);
        let tested = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", lines(300), lines(900));
        let tree = Tree::of(&[
            ("good.rs", &lines(400)),
            ("high.rs", &lines(401)),
            ("long.rs", &lines(601)),
            ("tested.rs", &tested),
            ("crates/a/tests/it/long.rs", &lines(1000)),
            ("crates/a/src/b/tests.rs", &lines(1000)),
        ]);
        let found: Vec<_> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "high.rs: 401 lines; look for the second noun (warning)",
                "long.rs: 601 lines are more than 600; split it by noun",
            ]
        );
    }
}
