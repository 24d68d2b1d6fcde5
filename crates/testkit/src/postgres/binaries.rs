//! Finds PostgreSQL's programs, and the user to run them as.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Names a directory of PostgreSQL's programs.
const BIN_VARIABLE: &str = "GATHERING_TEST_POSTGRES_BIN";
/// Users to run the server as when the tests run as root, which PostgreSQL refuses.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// PostgreSQL's programs, run as a user that it accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binaries {
    pub(crate) directory: PathBuf,
    pub(crate) user: Option<(u32, u32)>,
}

impl Binaries {
    pub(crate) fn find() -> Result<Self> {
        let candidates = candidates();
        let directory = candidates.iter().find(|directory| directory.join("initdb").is_file());
        let Some(directory) = directory.cloned() else {
            bail!(
                "found no `initdb` in {candidates:?}; install PostgreSQL 14 or newer \
                 (`apt-get install postgresql`), or name its programs' directory in {BIN_VARIABLE}"
            );
        };
        let user =
            if rustix::process::geteuid().is_root() { Some(unprivileged_user()?) } else { None };
        Ok(Self { directory, user })
    }

    /// Runs a program to its end; what it prints is the reason if it fails.
    pub(crate) fn run(&self, program: &str, arguments: &[&str], data: &Path) -> Result<()> {
        let mut command = self.command(program);
        command.args(arguments).arg("-D").arg(data);
        let output = command.output().with_context(|| format!("start {program}"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{program} failed with {}: {}", output.status, said.trim())
    }

    /// Gives a path to the user that the server runs as.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        if let Some((user, group)) = self.user {
            std::os::unix::fs::chown(path, Some(user), Some(group))
                .with_context(|| format!("give {} to PostgreSQL's user", path.display()))?;
        }
        Ok(())
    }

    /// A command that runs one of the programs, or any other by its absolute path.
    #[expect(clippy::disallowed_methods, reason = "tests run the database server themselves")]
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.directory.join(program));
        // A directory that its user may enter, unlike perhaps the present one.
        command.current_dir("/");
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }
}

/// Directories to look into, best first.
fn candidates() -> Vec<PathBuf> {
    if let Some(named) = variable(BIN_VARIABLE) {
        return vec![named.into()];
    }
    let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    installed.sort_unstable_by(|a, b| b.cmp(a));
    let path = variable("PATH").unwrap_or_default();
    installed
        .into_iter()
        .map(|(_, directory)| directory)
        .chain(std::env::split_paths(&path))
        .collect()
}

fn unprivileged_user() -> Result<(u32, u32)> {
    let passwd = std::fs::read_to_string("/etc/passwd").context("read /etc/passwd")?;
    UNPRIVILEGED.iter().find_map(|name| entry(&passwd, name)).with_context(|| {
        format!("running as root, and none of {UNPRIVILEGED:?} exists to run PostgreSQL as")
    })
}

fn entry(passwd: &str, name: &str) -> Option<(u32, u32)> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let found = fields.next()? == name;
        let (user, group) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        found.then_some((user, group))
    })
}

/// An environment variable that says where PostgreSQL is.
#[expect(clippy::disallowed_methods, reason = "tests are configured by the environment")]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:1:2::/:/bin/sh\npostgres:x:105:110::/:/bin/sh\n";
        assert_eq!(entry(passwd, "postgres"), Some((105, 110)));
        assert_eq!(entry(passwd, "nobody"), None);
    }
}
