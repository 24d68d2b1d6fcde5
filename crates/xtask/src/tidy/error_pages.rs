//! Every code with which something fails has a page in `docs/errors`, and every page a code.

use std::collections::BTreeMap;

use super::{
    file_lengths::{is_test, without_tests},
    finding::Finding,
    tree::Tree,
};

/// Where the pages are.
const PAGES: &str = "docs/errors/";
/// Crates, and a module of tests, that no user ever meets.
const DEVELOPMENT: [&str; 4] = [
    "crates/simulator/",
    "crates/storage/src/log/frame/recorded.rs",
    "crates/testkit/",
    "crates/xtask/",
];

/// What makes a failure; its first argument is the code.
const MAKERS: [&str; 3] = ["Failure::fatal(", "Failure::retryable(", "Failure::unknown("];
/// First arguments that are no literals; what each can be stands in one of [`PLACES`].
const VARIABLES: [&str; 9] = [
    "&fault.code",
    "ATTEMPT_LOST",
    "PERSON_SAYS_NOT_DONE",
    "code",
    "error.code()",
    "error.error.kind.code()",
    "error.kind.code()",
    "other.code()",
    "self.as_str()",
];
/// Other places of codes: a file or folder, and what comes before each code in it.
const PLACES: [(&str, &str); 14] = [
    ("crates/agents/src/turn/answer.rs", "{\n            ("),
    ("crates/agents/src/turn/stop.rs", "=> "),
    ("crates/api/src/problem/codes.rs", "\n    "),
    ("crates/app/src/error.rs", "\n    ("),
    ("crates/app/src/tools/executor.rs", "refused("),
    ("crates/egress/src/answer.rs", "code: "),
    ("crates/egress/src/error.rs", "=> "),
    ("crates/egress/src/error.rs", "=> {\n                "),
    ("crates/engine/src/execution/answer.rs", "PERSON_SAYS_NOT_DONE: &str = "),
    ("crates/engine/src/execution/attempt.rs", "=> ("),
    ("crates/engine/src/execution/attempt.rs", "ATTEMPT_LOST: &str = "),
    ("crates/expressions/src/error.rs", "=> "),
    ("crates/llm/src/error.rs", "=> "),
    ("crates/pipelines/src/machine/", "badly(NodeStatus::"),
];

/// Compares the codes in the sources with the pages.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut codes: BTreeMap<String, &str> = BTreeMap::new();
    for (path, text) in tree.sources() {
        let is_ours = path.starts_with("crates/") && path.contains("/src/") && !is_test(path);
        if !is_ours || DEVELOPMENT.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        let lines: Vec<&str> = text.lines().take(without_tests(text)).collect();
        let text = lines.join("\n");
        for argument in MAKERS.iter().flat_map(|maker| after(&text, maker)) {
            match literal(argument.trim_start()) {
                Some(code) => {
                    codes.entry(code.to_owned()).or_insert(path);
                }
                None => findings.extend(unreadable(path, argument)),
            }
        }
        for (_, before) in PLACES.iter().filter(|(place, _)| path.starts_with(place)) {
            for said in after(&text, before) {
                // The status of a node comes before the code of its failure.
                let said = said.strip_prefix("Failed, ").unwrap_or(said);
                let said = said.strip_prefix("TimedOut, ").unwrap_or(said);
                if let Some(code) = literal(said) {
                    codes.entry(code.to_owned()).or_insert(path);
                }
            }
        }
    }
    let lacks_page = |code: &&String| tree.text(&format!("{PAGES}{code}.md")).is_none();
    for (code, path) in codes.iter().filter(|(code, _)| lacks_page(code)) {
        findings.push(Finding::fault(
            *path,
            format!("fails with `{code}`, which has no page in {PAGES}"),
        ));
    }
    let pages = tree.files().filter_map(|(path, _)| path.strip_prefix(PAGES)?.strip_suffix(".md"));
    for page in pages.filter(|page| *page != "README" && !codes.contains_key(*page)) {
        let message = "explains a code with which nothing fails";
        findings.push(Finding::fault(format!("{PAGES}{page}.md"), message));
    }
    findings
}

/// What follows each place where `before` stands.
fn after<'a>(text: &'a str, before: &str) -> impl Iterator<Item = &'a str> {
    text.match_indices(before).map(move |(at, found)| &text[at + found.len()..])
}

/// The word in quotes with which a text begins, if it can be a code.
fn literal(text: &str) -> Option<&str> {
    let (word, _) = text.strip_prefix('"')?.split_once('"')?;
    let is_code = !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    is_code.then_some(word)
}

/// A failure whose code stands elsewhere, where nobody would look for it.
fn unreadable(path: &str, argument: &str) -> Option<Finding> {
    let end = argument.find(',').unwrap_or(argument.len());
    let argument = argument[..end].trim();
    let message = format!("fails with `{argument}`, and this check does not know what that can be");
    (!VARIABLES.contains(&argument)).then(|| Finding::fault(path, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::Subject;

    #[test]
    fn codes_and_pages_that_miss_each_other_are_faults() {
        let tree = Tree::of(&[
            (
                "crates/worker/src/flight.rs",
                "Failure::unknown(\n    \"lost\",\n    why);\nFailure::fatal(word, why);\n\
                 Failure::fatal(error.code(), why);\n#[cfg(test)]\nmod tests {\n\
                 Failure::fatal(\"in_tests\", why);\n}\n",
            ),
            ("crates/engine/src/execution/attempt.rs", "Limit::Cost => (\"spent\", \"money\"),\n"),
            ("crates/simulator/src/lib.rs", "Failure::fatal(\"made_up\", why);\n"),
            ("docs/errors/README.md", "# Errors\n"),
            ("docs/errors/spent.md", "# `spent`\n"),
            ("docs/errors/gone.md", "# `gone`\n"),
        ]);
        let found: Vec<_> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "crates/worker/src/flight.rs: fails with `word`, and this check does not know what \
                 that can be",
                "crates/worker/src/flight.rs: fails with `lost`, which has no page in docs/errors/",
                "docs/errors/gone.md: explains a code with which nothing fails",
            ]
        );
    }

    #[test]
    fn this_repository_explains_each_code() {
        let subject = Subject::of_repository().unwrap();
        assert_eq!(check(&subject.tree), []);
    }
}
