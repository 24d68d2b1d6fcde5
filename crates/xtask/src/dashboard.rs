//! `cargo xtask dashboard`, `journeys` and `screenshots`: the dashboard's pages, built, checked and tried.

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::Args;

use crate::{
    binaries::{self, Profile},
    needs::{self, CHROMIUM, Consent, NODE, SQLITE3},
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

/// Tries people's journeys through the dashboard: the optimised server, a real browser.
#[derive(Args)]
pub(crate) struct Journeys {
    #[command(flatten)]
    consent: Consent,
    /// Arguments for Playwright, such as a part of a journey's name with `-g`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    chosen: Vec<String>,
}

impl Journeys {
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        journeys(self.consent, &self.chosen)
    }
}

/// Writes pictures of every page to `crates/dashboard/ui/shots`: light, dark and as wide as a phone.
#[derive(Args)]
pub(crate) struct Screenshots {
    #[command(flatten)]
    consent: Consent,
}

impl Screenshots {
    pub(crate) fn execute(self) -> anyhow::Result<()> {
        play(self.consent, "screenshots", &[])
    }
}

/// Tries the journeys, or the chosen ones.
pub(crate) fn journeys(consent: Consent, chosen: &[String]) -> anyhow::Result<()> {
    play(consent, "journeys", chosen)
}

/// Plays what Playwright knows by the name of this project against the optimised server.
fn play(consent: Consent, project: &str, chosen: &[String]) -> anyhow::Result<()> {
    needs::provide(&[CHROMIUM, SQLITE3], consent)?;
    build(consent)?;
    let gathering = binaries::build(Profile::Release, &["gathering"])?.join("gathering");
    let chromium = needs::chromium().context("Chromium was there a moment ago")?;
    Program::new("npm")
        .args(["--prefix".as_ref(), folder().as_path()])
        .args(["run", "play", "--", &format!("--project={project}")])
        .args(chosen)
        .env("GATHERING_BINARY", &gathering.display().to_string())
        .env("GATHERING_TEST_CHROMIUM", &chromium.display().to_string())
        .run()
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
