//! The changelog has a place for what is not yet released.

use super::{
    finding::Finding,
    tree::{Tree, section},
};

const DOCUMENT: &str = "CHANGELOG.md";
const HEADING: &str = "Unreleased";

/// Looks for the section.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    match tree.text(DOCUMENT).map(|text| section(text, HEADING)) {
        Some(Some(_)) => Vec::new(),
        Some(None) => vec![Finding::fault(DOCUMENT, format!("has no section `## {HEADING}`"))],
        None => vec![Finding::fault(DOCUMENT, "is missing")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_must_be_there() {
        assert_eq!(check(&Tree::of(&[(DOCUMENT, "# Changelog\n\n## Unreleased\n")])), []);
        assert_eq!(check(&Tree::of(&[(DOCUMENT, "# Changelog\n\n## 1.0.0\n")])).len(), 1);
        assert_eq!(check(&Tree::of(&[])).len(), 1);
    }
}
