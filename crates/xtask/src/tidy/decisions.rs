//! Decision records are numbered, titled and listed.

use std::collections::BTreeMap;

use super::{finding::Finding, tree::Tree};

/// Where the records live, and the page that lists them.
const FOLDER: &str = "docs/adr/";
const INDEX: &str = "docs/adr/README.md";

/// Looks at every record and at the list.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(index) = tree.text(INDEX) else {
        return vec![Finding::fault(INDEX, "is missing")];
    };
    let (mut findings, mut numbers) = (Vec::new(), BTreeMap::new());
    for (path, text) in tree.files() {
        let Some(name) = path.strip_prefix(FOLDER).filter(|name| *name != "README.md") else {
            continue;
        };
        let Some(number) = number(name) else {
            findings.push(Finding::fault(path, "is not named `0001-some-words.md`"));
            continue;
        };
        let title = text.lines().next().unwrap_or_default();
        let titled = title.strip_prefix(&format!("# {}. ", number.trim_start_matches('0')));
        if titled.is_none_or(|title| title.trim().is_empty()) {
            findings.push(Finding::fault(path, "does not begin with `# `, its number and a title"));
        }
        if !index.contains(&format!("({name})")) {
            findings.push(Finding::fault(INDEX, format!("does not list `{name}`")));
        }
        if let Some(other) = numbers.insert(number, name) {
            findings.push(Finding::fault(path, format!("has the number of `{other}`")));
        }
    }
    let listed = index.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for name in listed.filter(|name| number(name).is_some()) {
        if tree.text(&format!("{FOLDER}{name}")).is_none() {
            findings.push(Finding::fault(INDEX, format!("lists `{name}`, which is not there")));
        }
    }
    findings
}

fn number(name: &str) -> Option<&str> {
    let (number, words) = name.strip_suffix(".md")?.split_once('-')?;
    let sound = number.len() == 4
        && number.bytes().all(|digit| digit.is_ascii_digit())
        && !words.is_empty()
        && words
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    sound.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_numbered_titled_and_listed() {
        let good = [
            (INDEX, "- [0001](0001-record.md)\n- [0003](0003-later.md)\n- [style](../style.md)\n"),
            ("docs/adr/0001-record.md", "# 1. Record\n"),
            ("docs/adr/0003-later.md", "# 3. Later\n"),
        ];
        assert_eq!(check(&Tree::of(&good)), []);
    }

    #[test]
    fn each_way_to_be_out_of_order_is_found() {
        let tree = Tree::of(&[
            (INDEX, "- [0001](0001-record.md)\n- [0002](0002-gone.md)\n"),
            ("docs/adr/0001-other.md", "# 1. Other\n"),
            ("docs/adr/0001-record.md", "# 2. Record\n"),
            ("docs/adr/notes.md", "# Notes\n"),
        ]);
        let found: Vec<_> = check(&tree).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "docs/adr/README.md: does not list `0001-other.md`",
                "docs/adr/0001-record.md: does not begin with `# `, its number and a title",
                "docs/adr/0001-record.md: has the number of `0001-other.md`",
                "docs/adr/notes.md: is not named `0001-some-words.md`",
                "docs/adr/README.md: lists `0002-gone.md`, which is not there",
            ]
        );
        assert_eq!(check(&Tree::of(&[])).len(), 1);
    }
}
