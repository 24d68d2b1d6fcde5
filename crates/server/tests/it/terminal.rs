//! `run` on a terminal: it never waits for a person in vain.

use std::{
    ffi::OsStr,
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    os::unix::ffi::OsStrExt as _,
    process::Stdio,
    time::Duration,
};

use gathering_testkit::temp_dir;
use rustix::{
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};
use tokio::process::{Child, Command};

use crate::program::file;

/// How long the program may take for anything.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program that runs on a terminal of its own.
struct OnTerminal {
    child: Child,
    /// What the program shows, and where a person types.
    terminal: File,
    shown: tokio::sync::mpsc::UnboundedReceiver<Vec<u8>>,
    seen: String,
}

impl OnTerminal {
    fn start(arguments: &[&str]) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let other = || -> Stdio {
            let path = OsStr::from_bytes(name.as_bytes());
            OpenOptions::new().read(true).write(true).open(path).unwrap().into()
        };
        #[expect(clippy::disallowed_methods, reason = "the binary under test is a process")]
        let mut command = Command::new(env!("CARGO_BIN_EXE_gathering"));
        command.args(arguments).stdin(other()).stdout(other()).stderr(other());
        let child = command.kill_on_drop(true).spawn().unwrap();
        drop(command);
        let terminal = File::from(terminal);
        let (to, shown) = tokio::sync::mpsc::unbounded_channel();
        let mut reading = terminal.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut piece = [0; 4_096];
            while let Ok(length @ 1..) = reading.read(&mut piece) {
                if to.send(piece[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, terminal, shown, seen: String::new() }
    }

    /// Waits until this is shown, after all that was waited for before.
    async fn shows(&mut self, text: &str) {
        let until = tokio::time::Instant::now() + PATIENCE;
        while !self.seen.contains(text) {
            let piece = tokio::time::timeout_at(until, self.shown.recv()).await;
            let piece = piece.unwrap_or_else(|_| panic!("no `{text}`: {}", self.seen));
            let piece = piece.unwrap_or_else(|| panic!("ended without `{text}`: {}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&piece));
        }
        let end = self.seen.find(text).map_or(0, |at| at + text.len());
        self.seen.drain(..end);
    }

    async fn ends_with(mut self, code: i32) {
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = ended.unwrap_or_else(|_| panic!("it hangs: {}", self.seen)).unwrap();
        assert_eq!(status.code(), Some(code), "{}", self.seen);
    }
}

fn asking(config: &str) -> String {
    format!(
        "
name: asks
nodes:
  - {{ id: start, type: trigger }}
  - {{ id: ask, type: approval, config: {config} }}
edges: [{{ from: start, to: ask }}]
"
    )
}

#[tokio::test]
async fn an_interrupt_at_a_question_ends_the_program() {
    let folder = temp_dir();
    let pipeline = file(&folder, "asks.yaml", &asking("{ title: Go on }"));
    let mut program = OnTerminal::start(&["run", &pipeline]);
    program.shows("? Go on").await;
    let pid = i32::try_from(program.child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::INT).unwrap();
    program.ends_with(3).await;
}

#[tokio::test]
async fn a_question_whose_deadline_passes_is_dropped() {
    let folder = temp_dir();
    let text = asking("{ title: Go on, deadline: 2s, on_deadline: fail }");
    let pipeline = file(&folder, "asks.yaml", &text);
    let mut program = OnTerminal::start(&["run", &pipeline]);
    program.shows("? Go on").await;
    program.shows("no answer is needed any more").await;
    program.ends_with(1).await;
}

#[tokio::test]
async fn a_question_is_answered_and_shown_without_commands() {
    let folder = temp_dir();
    let text = asking(r#"{ title: "Delete \e[2Jall", deciders: [operator] }"#);
    let pipeline = file(&folder, "asks.yaml", &text);
    let mut program = OnTerminal::start(&["run", &pipeline]);
    program.shows("? Delete \u{fffd}[2Jall").await;
    program.shows("> ").await;
    program.terminal.write_all(b"1\n").unwrap();
    program.shows("Delete \u{fffd}[2Jall: ").await;
    program.ends_with(0).await;
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_asked_for_again() {
    let folder = temp_dir();
    let form = "{ type: object, properties: { reason: { type: string } } }";
    let text = asking(&format!("{{ title: Go on, form: {form} }}"));
    let pipeline = file(&folder, "asks.yaml", &text);
    let mut program = OnTerminal::start(&["run", &pipeline]);
    for (shown, typed) in [
        ("> ", "perhaps"),
        ("`perhaps` is none of the answers", ""),
        ("> ", "1"),
        ("Fill in this form", ""),
        ("> ", "{"),
        ("that is not JSON", ""),
        ("> ", "{\"reason\": 5}"),
        ("/data/reason: ", ""),
        ("? Go on", ""),
        ("> ", "1"),
        ("Fill in this form", ""),
        ("> ", "{\"reason\": \"rain\"}"),
        ("Go on: ", ""),
    ] {
        program.shows(shown).await;
        if !typed.is_empty() {
            program.terminal.write_all(format!("{typed}\n").as_bytes()).unwrap();
        }
    }
    program.ends_with(0).await;
}
