//! `cargo xtask dashboard`: the pages of the dashboard, built and checked.

use std::{fs, path::PathBuf};

use clap::Args;

use crate::{
    needs::{self, Consent, NODE},
    program::Program,
    repository,
};

/// The first version of Node.js with which the pages can be built.
const LEAST_NODE: u32 = 20;

/// Builds the pages of the dashboard; the next build of the server takes them in.
#[derive(Args)]
pub(crate) struct Dashboard {
    #[command(flatten)]
    consent: Consent,
}

impl Dashboard {
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        build(self.consent)
    }
}

/// Where the sources are.
fn folder() -> PathBuf {
    repository::root().join("crates/dashboard/ui")
}

/// Builds the pages.
pub(crate) fn build(consent: Consent) -> anyhow::Result<()> {
    install(consent)?;
    npm(&["run", "build"])
}

/// Builds the pages where Node.js is, and says so where it is not: the server works without them.
pub(crate) fn build_where_possible() -> anyhow::Result<()> {
    if NODE.is_there() && is_new_enough(&Program::new("node").args(["--version"]).output()?) {
        return build(Consent::default());
    }
    eprintln!("without the dashboard: that takes Node.js {LEAST_NODE} or later, with npm");
    Ok(())
}

/// Whether this is a version of Node.js with which the pages can be built, such as `v20.19.0`.
fn is_new_enough(version: &str) -> bool {
    let major = version.trim().trim_start_matches('v').split('.').next();
    major.and_then(|major| major.parse().ok()).is_some_and(|major: u32| major >= LEAST_NODE)
}

/// Checks the sources, and tests what can be tested without a server.
pub(crate) fn check(consent: Consent) -> anyhow::Result<()> {
    install(consent)?;
    npm(&["run", "check"])?;
    npm(&["test"])
}

/// Installs what the pages are made of, in the versions of the lock file, unless it is there.
fn install(consent: Consent) -> anyhow::Result<()> {
    needs::provide(&[NODE], consent)?;
    let (wanted, installed) = ("package-lock.json", "node_modules/.installed");
    let wanted = fs::read(folder().join(wanted))?;
    if fs::read(folder().join(installed)).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    // Not `npm ci`: that refuses a lock file without the programs of other platforms, which npm leaves out
    // where it cannot have them. What is in the lock file is installed as it says, and the file stays.
    npm(&["install", "--no-save", "--no-audit", "--no-fund"])?;
    Ok(fs::write(folder().join(installed), wanted)?)
}

fn npm(arguments: &[&str]) -> anyhow::Result<()> {
    Program::new("npm").args(["--prefix".as_ref(), folder().as_path()]).args(arguments).run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_of_node_build_nothing() {
        for (version, enough) in
            [("v20.19.0\n", true), ("v24.1.0", true), ("v18.20.4", false), ("", false)]
        {
            assert_eq!(is_new_enough(version), enough, "{version}");
        }
    }
}
