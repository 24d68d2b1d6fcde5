//! Every invariant in ARCHITECTURE.md names tests that exist.

use super::{
    crate_table::DOCUMENT,
    finding::Finding,
    tree::{Tree, section},
};

/// The heading that the invariants stand under, as a numbered list.
const HEADING: &str = "Invariants";

/// The words after which an invariant names its tests, in backticks.
const HELD_BY: &str = "Held by";

/// One invariant: its number, its line, and its text with the line breaks taken out.
struct Invariant {
    number: String,
    line: usize,
    text: String,
}

/// Looks for each test that an invariant names.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let invariants =
        tree.text(DOCUMENT).and_then(|text| section(text, HEADING)).map(|lines| listed(&lines));
    let Some(invariants) = invariants.filter(|list| !list.is_empty()) else {
        let message = format!("has no section `## {HEADING}` with a numbered list");
        return vec![Finding::fault(DOCUMENT, message)];
    };
    let mut findings = Vec::new();
    for Invariant { number, line, text } in invariants {
        let place = format!("{DOCUMENT}:{line}");
        let tests = named_tests(&text);
        if tests.is_empty() {
            findings.push(Finding::fault(
                &place,
                format!("invariant {number} names no test that holds it"),
            ));
        }
        for test in tests.into_iter().filter(|test| !exists(tree, test)) {
            let message = format!("invariant {number} names `{test}`, which is no test");
            findings.push(Finding::fault(&place, message));
        }
    }
    findings
}

fn listed(lines: &[(usize, &str)]) -> Vec<Invariant> {
    let mut list: Vec<Invariant> = Vec::new();
    for (line, text) in lines {
        let item = text.split_once(". ").filter(|(number, _)| number.parse::<u32>().is_ok());
        match (item, list.last_mut()) {
            (Some((number, text)), _) => {
                list.push(Invariant {
                    number: number.to_owned(),
                    line: *line,
                    text: text.to_owned(),
                });
            }
            (None, Some(last)) => {
                last.text.push(' ');
                last.text.push_str(text.trim());
            }
            (None, None) => {}
        }
    }
    list
}

fn named_tests(text: &str) -> Vec<&str> {
    let Some((_, names)) = text.split_once(HELD_BY) else { return Vec::new() };
    names.split('`').skip(1).step_by(2).filter(|name| name.contains("::")).collect()
}

/// Whether `crate::module::test` is a test: a function of that name, marked as a test or run on each
/// database, in a file of the crate that lies where the modules say.
fn exists(tree: &Tree, test: &str) -> bool {
    let parts: Vec<&str> = test.split("::").collect();
    let [name, modules @ .., function] = &parts[..] else { return false };
    let folder = if *name == "bench" {
        "bench/".to_owned()
    } else {
        format!("crates/{}/", name.replace('_', "-"))
    };
    tree.sources().filter_map(|(path, text)| Some((path.strip_prefix(&folder)?, text))).any(
        |(path, text)| {
            modules.iter().all(|module| leads_to(module, path, text)) && has_test(text, function)
        },
    )
}

fn leads_to(module: &str, path: &str, text: &str) -> bool {
    path.split(['/', '.']).any(|part| part == module) || text.contains(&format!("mod {module} {{"))
}

fn has_test(text: &str, function: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let signature = format!("fn {function}(");
    lines.iter().enumerate().filter(|(_, line)| line.contains(&signature)).any(|(index, line)| {
        let on_each_database = line.contains(": Place)");
        on_each_database
            || lines[..index]
                .iter()
                .rev()
                .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
                .any(|line| line.starts_with("#[") && line.contains("test"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(invariants: &str) -> Vec<String> {
        let document = format!("# A\n## Invariants\n\n{invariants}\n## Next\n9. Not one.\n");
        let tree = Tree::of(&[
            (DOCUMENT, &document),
            (
                "crates/llm-providers/tests/it/wire.rs",
                "//! Wire.\n#[tokio::test]\n// Why.\n#[expect(x)]\nasync fn streams_end() {\n}\nfn not_a_test() {}\n",
            ),
            ("crates/engine/src/fold.rs", "mod tests {\n    #[test]\n    fn folds() {}\n}\n"),
            (
                "crates/storage/tests/it/log.rs",
                "each_database! {\n    async fn keeps(place: Place) {}\n}\n",
            ),
        ]);
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_invariant_with_real_tests_passes() {
        let list = "1. It folds. Held by\n   `engine::fold::tests::folds`.\n\
            2. It streams (`Stream`). Held by `llm_providers::it::wire::streams_end` and `engine::folds`.\n\
            3. It keeps. Held by `storage::it::log::keeps`.\n";
        assert_eq!(found(list), [""; 0]);
    }

    #[test]
    fn an_invariant_without_a_real_test_is_a_fault() {
        let list = "1. It hopes.\n2. Held by `engine::fold::gone`.\n\
            3. Held by `llm_providers::wire::not_a_test`.\n4. Held by `engine::other::folds`.\n\
            5. Held by `worker::folds`.\n6. Held by `folds`.\n";
        assert_eq!(
            found(list),
            [
                "ARCHITECTURE.md:4: invariant 1 names no test that holds it",
                "ARCHITECTURE.md:5: invariant 2 names `engine::fold::gone`, which is no test",
                "ARCHITECTURE.md:6: invariant 3 names `llm_providers::wire::not_a_test`, which is no test",
                "ARCHITECTURE.md:7: invariant 4 names `engine::other::folds`, which is no test",
                "ARCHITECTURE.md:8: invariant 5 names `worker::folds`, which is no test",
                "ARCHITECTURE.md:9: invariant 6 names no test that holds it",
            ]
        );
        assert_eq!(
            found("No list.\n"),
            ["ARCHITECTURE.md: has no section `## Invariants` with a numbered list"]
        );
    }
}
