//! `cargo xtask run`: the product at work on an example, then serving.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;

use crate::{
    binaries::{self, Profile},
    dashboard,
    program::Program,
    repository,
};

/// The example that is shown on an empty store, as arguments of `gathering`.
const EXAMPLE: [&str; 4] =
    ["run", "examples/research-brief.yaml", "--input", "examples/research-brief.input.yaml"];

/// Builds the server, shows it at work on an example, and goes on serving.
#[derive(Args)]
pub(crate) struct Run {
    /// Directory of the store. An empty or missing one is shown the example first.
    #[arg(long, default_value = "gathering-data")]
    data_dir: PathBuf,
    /// Build for speed of the server instead of speed of the build.
    #[arg(long)]
    release: bool,
    /// Further arguments for `gathering serve`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    serve: Vec<String>,
}

impl Run {
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        let profile = if self.release { Profile::Release } else { Profile::Development };
        dashboard::build_where_possible()?;
        let gathering = binaries::build(profile, &["gathering"])?.join("gathering");
        let store = ["--data-dir".into(), self.data_dir.clone()];
        if is_empty(&repository::root().join(&self.data_dir)) {
            Program::new(&gathering).args(EXAMPLE).args(&store).run()?;
        }
        Err(Program::new(&gathering).args(["serve"]).args(&store).args(&self.serve).become_it())
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_empty_until_something_is_in_its_directory() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_empty(&folder.path().join("missing")) && is_empty(folder.path()));
        fs::write(folder.path().join("store.db"), "").unwrap();
        assert!(!is_empty(folder.path()));
    }
}
