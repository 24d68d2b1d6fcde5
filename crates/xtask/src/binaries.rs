//! The product's own programs, built.

use std::path::PathBuf;

use crate::{program::Program, repository};

/// What a build is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// A quick build.
    Development,
    /// A quick program.
    Release,
}

/// Builds these programs and says in which folder they are. The whole workspace's features are
/// switched on, as for the tests, so that no dependency is built twice.
pub(crate) fn build(profile: Profile, programs: &[&str]) -> anyhow::Result<PathBuf> {
    let (profile, folder) = match profile {
        Profile::Development => ("dev", "debug"),
        Profile::Release => ("release", "release"),
    };
    let chosen = programs.iter().flat_map(|program| ["--bin", program]);
    Program::cargo(["build", "--workspace", "--profile", profile]).args(chosen).run()?;
    Ok(target_folder()?.join(folder))
}

/// Where everything that is built lies.
pub(crate) fn target_folder() -> anyhow::Result<PathBuf> {
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(repository::root().join("Cargo.toml"))
        .no_deps()
        .exec()?;
    Ok(metadata.target_directory.into())
}
