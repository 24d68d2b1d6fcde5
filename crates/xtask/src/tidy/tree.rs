//! The text files of the repository as one value, so that a check can be tried on a made-up tree.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::Context;

/// Text files by their path from the root, with `/` between its parts.
pub(super) struct Tree {
    files: BTreeMap<String, String>,
}

/// Endings of the files that checks look at.
const ENDINGS: [&str; 7] = ["rs", "ts", "tsx", "mts", "md", "toml", "lock"];

/// Folders that hold what is built or fetched, wherever they lie. Hidden ones are passed over too.
const PASSED_OVER: [&str; 5] = ["target", "node_modules", "dist", "generated", "gathering-data"];

impl Tree {
    /// Reads the tree below `root`.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut files = BTreeMap::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let path = root.join(&folder);
            let entries = fs::read_dir(&path)
                .with_context(|| format!("could not list {}", path.display()))?;
            for entry in entries {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path =
                    if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                if entry.file_type()?.is_dir() {
                    if !name.starts_with('.') && !PASSED_OVER.contains(&name.as_str()) {
                        folders.push(path);
                    }
                } else if ENDINGS.iter().any(|ending| ending_of(&path) == Some(ending)) {
                    let text =
                        fs::read(entry.path()).with_context(|| format!("could not read {path}"))?;
                    files.insert(path, String::from_utf8_lossy(&text).into_owned());
                }
            }
        }
        Ok(Self { files })
    }

    /// A tree of these files.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        Self { files: files.iter().map(owned).collect() }
    }

    /// The text of a file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// All files, by path.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Source files of a program.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files()
            .filter(|(path, _)| matches!(ending_of(path), Some("rs" | "ts" | "tsx" | "mts")))
    }

    /// Names of the crates: folders below `crates/` that hold a manifest, and `bench`.
    pub(super) fn crates(&self) -> BTreeSet<&str> {
        self.files
            .keys()
            .filter_map(|path| path.strip_suffix("/Cargo.toml"))
            .filter_map(|folder| {
                folder.strip_prefix("crates/").or((folder == "bench").then_some(folder))
            })
            .filter(|name| !name.contains('/'))
            .collect()
    }
}

/// The ending of a file's name.
pub(super) fn ending_of(path: &str) -> Option<&str> {
    Path::new(path).extension().and_then(|ending| ending.to_str())
}

/// The lines below the heading `## title`, up to the next heading of that rank, each with its
/// number counted from 1; `None` if there is no such heading.
pub(super) fn section<'a>(text: &'a str, title: &str) -> Option<Vec<(usize, &'a str)>> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    lines.find(|(_, line)| line.strip_prefix("## ") == Some(title))?;
    Some(lines.take_while(|(_, line)| !line.starts_with("## ")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_read_without_what_is_built_or_hidden() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "README.md",
            "crates/a/Cargo.toml",
            "crates/a/src/lib.rs",
            "bench/Cargo.toml",
            "target/x.rs",
            "ui/node_modules/y.ts",
            ".git/z.md",
            "picture.png",
        ] {
            let file = root.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, path).unwrap();
        }
        let tree = Tree::read(root.path()).unwrap();
        let paths: Vec<_> = tree.files().map(|(path, _)| path).collect();
        assert_eq!(
            paths,
            ["README.md", "bench/Cargo.toml", "crates/a/Cargo.toml", "crates/a/src/lib.rs"]
        );
        assert_eq!(tree.crates().into_iter().collect::<Vec<_>>(), ["a", "bench"]);
        assert_eq!(tree.sources().count(), 1);
    }

    #[test]
    fn a_section_ends_at_the_next_heading() {
        let text = "# T\n## A\none\n### inner\n## B\ntwo\n";
        assert_eq!(section(text, "A").unwrap(), [(3, "one"), (4, "### inner")]);
        assert_eq!(section(text, "C"), None);
    }
}
