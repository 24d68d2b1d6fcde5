//! The binary as a process: run to its end, or started and held.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{ExitStatus, Output, Stdio},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt as _, process::Command};

/// How long any command of a test may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A command line of the binary, in a directory of its own.
pub(crate) struct Program {
    command: Command,
    typed: String,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// A file of the examples.
pub(crate) fn example(name: &str) -> String {
    repository().join("examples").join(name).display().to_string()
}

/// A file with this text in a directory.
pub(crate) fn file(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

impl Program {
    /// The binary with these arguments. Variables of ours do not reach it from outside.
    pub(crate) fn new(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the binary under test is a process")]
        let command = Command::new(env!("CARGO_BIN_EXE_gathering"));
        Self::of(command, arguments)
    }

    /// The same in a process that did this first, as a shell understands it.
    pub(crate) fn after(
        first: &str,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the binary under test is a process")]
        let mut command = Command::new("/bin/sh");
        let script = format!("{first}; exec \"$0\" \"$@\"");
        command.args(["-c", script.as_str(), env!("CARGO_BIN_EXE_gathering")]);
        Self::of(command, arguments)
    }

    fn of(mut command: Command, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().into_owned();
            if text.starts_with("GATHERING_") || text.ends_with("_API_KEY") {
                command.env_remove(name);
            }
        }
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true).current_dir(std::env::temp_dir());
        Self { command, typed: String::new() }
    }

    /// With a variable.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// With this on standard input.
    pub(crate) fn typing(mut self, text: &str) -> Self {
        text.clone_into(&mut self.typed);
        self.command.stdin(Stdio::piped());
        self
    }

    /// With its log going there.
    pub(crate) fn logging_to(mut self, to: impl Into<Stdio>) -> Self {
        self.command.stderr(to);
        self
    }

    /// Starts it and lets the caller deal with it.
    pub(crate) fn start(mut self) -> tokio::process::Child {
        self.command.spawn().unwrap()
    }

    /// Runs it to its end.
    pub(crate) async fn run(mut self) -> Said {
        let mut child = self.command.spawn().unwrap();
        // What it writes to is its own from now on.
        drop(self.command);
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(self.typed.as_bytes()).await.unwrap();
        }
        let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
        let Output { status, stdout, stderr } = ended.expect("the command takes too long").unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { status, out: text(stdout), err: text(stderr) }
    }
}

impl Said {
    /// The status, which it must have exited with.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().expect("the program exits by itself")
    }

    /// Checks the status, and shows everything if it is another.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "{self:#?}");
        self
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|fault| panic!("{fault}: {self:#?}"))
    }

    /// Standard output as JSON values, one a line.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        let value = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|fault| panic!("{fault}: {line}"))
        };
        self.out.lines().map(value).collect()
    }
}
