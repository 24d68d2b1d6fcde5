//! What runs leave: listed, and written into a directory.

use std::{
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
};

use gathering_app::{PageRequest, artifacts::Artifact};
use gathering_domain::RunId;
use gathering_workspace::Root;

use crate::instance::Instance;

/// The most artifacts of a run that are shown or written.
const MAX_ARTIFACTS: usize = 1_000;

/// An artifact, and the file to which it was written.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) artifact: Artifact,
    pub(crate) file: Option<PathBuf>,
}

/// The artifacts of runs, the newest of each name of each run; written into a directory if there is
/// one, under names of their own.
pub(crate) async fn collect(
    instance: &Instance,
    runs: &BTreeSet<RunId>,
    into: Option<&Path>,
) -> anyhow::Result<Vec<Left>> {
    let owner = instance.owner();
    let artifacts = instance.app.artifacts();
    let mut left = Vec::new();
    for run in runs {
        let mut names = HashSet::new();
        let mut page = PageRequest { limit: Some(PageRequest::MAX_LIMIT), cursor: None };
        loop {
            let found = artifacts.list(&owner, Some(*run), page.clone()).await?;
            for artifact in found.items {
                if left.len() < MAX_ARTIFACTS && names.insert(artifact.name.clone()) {
                    left.push(Left { artifact, file: None });
                }
            }
            if found.next_cursor.is_none() || left.len() == MAX_ARTIFACTS {
                break;
            }
            page.cursor = found.next_cursor;
        }
    }
    if let Some(folder) = into {
        // What a model called an artifact reaches the host as a plain name beneath this directory alone.
        let root = Root::create(folder)?;
        let mut taken = HashSet::new();
        for left in &mut left {
            let (artifact, bytes) = artifacts.download(&owner, left.artifact.id).await?;
            let name = free_name(&artifact.name, &mut taken);
            root.write(&name.parse()?, &bytes)?;
            left.file = Some(folder.join(name));
        }
    }
    Ok(left)
}

/// A name for the file that no other of these has: `reply.md`, `reply-2.md`, …
fn free_name(name: &str, taken: &mut HashSet<String>) -> String {
    let name = file_name(name);
    let dot = name.rfind('.').filter(|dot| *dot > 0).unwrap_or(name.len());
    let (stem, ending) = name.split_at(dot);
    let names = (2_u64..).map(|at| format!("{stem}-{at}{ending}"));
    // Some file systems know no case.
    let mut free = std::iter::once(name.clone()).chain(names);
    free.find(|name| taken.insert(name.to_lowercase())).expect("there are more numbers than files")
}

/// A name for the file that stays in its directory, whatever a model called the artifact.
fn file_name(name: &str) -> String {
    let plain =
        |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' };
    let name: String = name.chars().map(plain).take(120).collect();
    // Some hosts take these away, and others by a name that hides its file.
    let name = name.trim_start().trim_end_matches(['.', ' ']);
    if name.is_empty() { "artifact".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use gathering_workspace::BeneathPath;

    use super::*;

    #[test]
    fn no_file_is_written_over_another() {
        let mut taken = HashSet::new();
        let names =
            ["reply.md", "reply.md", "Reply.md", "reply-2.md", "a:b", "a_b", ".env", ".env"];
        assert_eq!(
            names.map(|name| free_name(name, &mut taken)),
            [
                "reply.md",
                "reply-2.md",
                "Reply-3.md",
                "reply-2-2.md",
                "a_b",
                "a_b-2",
                ".env",
                ".env-2"
            ]
        );
    }

    #[test]
    fn files_stay_in_their_directory() {
        for (name, file) in [
            (" brief. ", "brief"),
            ("brief.md", "brief.md"),
            ("notes für 2.0.md", "notes für 2.0.md"),
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("a\\b\0c", "a_b_c"),
            ("..", "artifact"),
            ("", "artifact"),
        ] {
            assert_eq!(file_name(name), file, "{name:?}");
            assert!(file.parse::<BeneathPath>().is_ok(), "{file:?}");
        }
        assert!(file_name(&"ä".repeat(4_000)).parse::<BeneathPath>().is_ok());
    }
}
