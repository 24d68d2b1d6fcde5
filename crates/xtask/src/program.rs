//! Runs other programs: the one place of this crate that starts a process.

use std::{
    env,
    ffi::OsStr,
    fs::File,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use anyhow::{Context, bail};
use gathering_config::Environment;

use crate::repository;

/// A program to run from the root of the repository.
pub(crate) struct Program {
    command: Command,
    line: String,
}

impl Program {
    /// A program by name, which is looked up in `PATH`, or by path.
    #[expect(clippy::disallowed_methods, reason = "this file is the door to processes here")]
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program.as_ref());
        command.current_dir(repository::root());
        for name in set_by_cargo() {
            command.env_remove(name);
        }
        Self { command, line: program.as_ref().to_string_lossy().into_owned() }
    }

    /// Cargo with these arguments.
    pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Self {
        Self::new("cargo").args(arguments)
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        for argument in arguments {
            self.line = format!("{} {}", self.line, argument.as_ref().to_string_lossy());
            self.command.arg(argument.as_ref());
        }
        self
    }

    /// Sets a variable of the program's environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.line = format!("{name}='{value}' {}", self.line);
        self.command.env(name, value);
        self
    }

    /// Runs it to its end, with its output before the person's eyes. Ending badly is an error.
    pub(crate) fn run(mut self) -> anyhow::Result<()> {
        println!("$ {}", self.line);
        let status =
            self.command.status().with_context(|| format!("could not run `{}`", self.line))?;
        if !status.success() {
            bail!("`{}` ended with {status}", self.line);
        }
        Ok(())
    }

    /// Runs it to its end and takes what it printed. Ending badly is an error that quotes its
    /// complaint.
    pub(crate) fn output(mut self) -> anyhow::Result<String> {
        let output = self
            .command
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("could not run `{}`", self.line))?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            bail!("`{}` ended with {}: {}", self.line, output.status, complaint.trim());
        }
        String::from_utf8(output.stdout)
            .with_context(|| format!("`{}` printed what is not UTF-8", self.line))
    }

    /// Starts it with what it prints piped to us and its complaints in a file, and does not wait.
    pub(crate) fn start(mut self, complaints: File) -> anyhow::Result<Child> {
        println!("$ {}", self.line);
        let piped = self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(complaints);
        piped.spawn().with_context(|| format!("could not start `{}`", self.line))
    }

    /// Becomes the program, so that a signal reaches it alone. Returns only if that failed.
    pub(crate) fn become_it(mut self) -> anyhow::Error {
        println!("$ {}", self.line);
        anyhow::Error::new(self.command.exec()).context(format!("could not run `{}`", self.line))
    }
}

/// Variables that Cargo sets for the programs it runs, this one among them. A nested Cargo that
/// sees them builds crates anew whose build scripts watch them.
fn set_by_cargo() -> impl Iterator<Item = String> {
    env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(|name| {
        name == "CARGO" || name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_")
    })
}

/// The file that `PATH` leads to for `name`.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let environment = Environment::of_process();
    env::split_paths(environment.text("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_prints_is_taken_and_how_it_fails_is_told() {
        let printed =
            Program::new("sh").args(["-c", "echo $GREETING"]).env("GREETING", "hello").output();
        assert_eq!(printed.unwrap(), "hello\n");
        let failed = Program::new("sh").args(["-c", "echo oh >&2; exit 3"]).output().unwrap_err();
        assert!(failed.to_string().contains("exit status: 3: oh"), "{failed}");
        assert!(Program::new("no-such-program").run().is_err());
    }

    #[test]
    fn a_nested_cargo_does_not_see_the_variables_of_this_one() {
        let seen = Program::new("sh").args(["-c", "echo ${CARGO_MANIFEST_DIR-none}"]).output();
        assert_eq!(seen.unwrap(), "none\n");
    }

    #[test]
    fn programs_are_found_in_the_path() {
        assert!(find("sh").is_some_and(|file| file.is_absolute()));
        assert_eq!(find("no-such-program"), None);
    }
}
