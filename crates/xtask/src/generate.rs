//! `cargo xtask generate`: pages that are made from the code.

use std::{
    collections::BTreeSet,
    fs,
    path::{Component, Path},
};

use anyhow::{Context, bail};
use clap::Args;

use crate::{
    binaries::{self, Profile},
    program::Program,
    repository,
};

/// Writes the generated pages, or checks that they are current.
#[derive(Args)]
pub(crate) struct Generate {
    /// Write nothing; fail if a page is not current.
    #[arg(long)]
    check: bool,
}

impl Generate {
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        if self.check { check() } else { write() }
    }
}

/// Where generated pages live: every file here is made from the code.
const FOLDER: &str = "docs/reference";

/// The page in the folder that people write: what the others are.
const INDEX: &str = "docs/reference/README.md";

/// A generated page: its path in the repository, and its text.
struct Page {
    path: String,
    text: String,
}

/// Fails if a page is not what the code says now.
pub(crate) fn check() -> anyhow::Result<()> {
    let stale = stale(&repository::root(), &pages()?)?;
    if !stale.is_empty() {
        bail!("{}\nrun `cargo xtask generate` and commit what it writes", stale.join("\n"));
    }
    Ok(())
}

fn write() -> anyhow::Result<()> {
    let root = repository::root();
    for Page { path, text } in pages()? {
        let file = root.join(&path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&file, text).with_context(|| format!("could not write `{path}`"))?;
        println!("{path}");
    }
    Ok(())
}

/// Every page: those that a library can make, then those that only the whole product knows. The
/// binary lists its own (`gathering generate --list`, one path a line) and prints each
/// (`gathering generate PATH`).
fn pages() -> anyhow::Result<Vec<Page>> {
    let mut pages = vec![Page {
        path: format!("{FOLDER}/configuration.md"),
        text: gathering_config::reference_page(),
    }];
    let gathering = binaries::build(Profile::Development, &["gathering"])?.join("gathering");
    let list = Program::new(&gathering).args(["generate", "--list"]).output()?;
    for path in list.lines() {
        let text = Program::new(&gathering).args(["generate", path]).output()?;
        pages.push(Page { path: path.to_owned(), text });
    }
    pages.iter().try_for_each(|page| within_docs(&page.path)).map(|()| pages)
}

fn within_docs(path: &str) -> anyhow::Result<()> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if !plain || !path.starts_with("docs/") {
        bail!("a generated page must lie under docs/, not at `{path}`");
    }
    Ok(())
}

/// What differs between the pages and the files under `root`.
fn stale(root: &Path, pages: &[Page]) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for Page { path, text } in pages {
        match fs::read_to_string(root.join(path)) {
            Ok(old) if old == *text => {}
            Ok(_) => found.push(format!("{path}: is not current")),
            Err(_) => found.push(format!("{path}: is missing")),
        }
    }
    let made: BTreeSet<&str> = pages.iter().map(|page| page.path.as_str()).collect();
    for entry in fs::read_dir(root.join(FOLDER)).into_iter().flatten() {
        let path = format!("{FOLDER}/{}", entry?.file_name().to_string_lossy());
        if path != INDEX && !made.contains(path.as_str()) {
            found.push(format!("{path}: nothing generates it"));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, text: &str) -> Page {
        Page { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn missing_changed_and_orphaned_pages_are_stale() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join(FOLDER)).unwrap();
        for (path, text) in [
            ("docs/reference/README.md", "by hand"),
            ("docs/reference/same.md", "same"),
            ("docs/reference/changed.md", "old"),
            ("docs/reference/orphan.md", "left behind"),
        ] {
            fs::write(root.path().join(path), text).unwrap();
        }
        let pages = [
            page("docs/reference/same.md", "same"),
            page("docs/reference/changed.md", "new"),
            page("docs/reference/missing.md", "new"),
        ];
        assert_eq!(
            stale(root.path(), &pages).unwrap(),
            [
                "docs/reference/changed.md: is not current",
                "docs/reference/missing.md: is missing",
                "docs/reference/orphan.md: nothing generates it",
            ]
        );
    }

    #[test]
    fn a_page_lies_within_the_documentation() {
        assert!(within_docs("docs/reference/cli.md").is_ok());
        for path in ["README.md", "docs/../README.md", "/docs/a.md", "crates/a.md"] {
            assert!(within_docs(path).is_err(), "{path}");
        }
    }
}
