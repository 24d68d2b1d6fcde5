//! Logs: coloured for a person at a terminal, plain for everybody else.

use std::{fs::File, io::Read as _, os::fd::OwnedFd, path::Path};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};

use crate::program::Program;

const ESCAPE: char = '\u{1b}';

fn migrate(folder: &Path, variables: &[(&str, &str)]) -> Program {
    let data = folder.display().to_string();
    let program = Program::new(["--data-dir", &data, "migrate"]).env("GATHERING_LOG_LEVEL", "info");
    variables.iter().fold(program, |program, (name, value)| program.env(name, value))
}

/// What a command logs on a terminal of its own.
async fn at_a_terminal(program: Program) -> String {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY;
    let terminal: OwnedFd = rustix::fs::open(name, flags, Mode::empty()).unwrap();
    let said = program.logging_to(terminal).run().await;
    assert_eq!(said.code(), 0, "{said:?}");
    // All that it logged lies in the terminal's buffer, and nobody can write any more: the read that
    // finds nothing fails.
    let (mut master, mut logged) = (File::from(master), Vec::new());
    let mut piece = [0; 4_096];
    while let Ok(length @ 1..) = master.read(&mut piece) {
        logged.extend_from_slice(&piece[..length]);
    }
    String::from_utf8(logged).unwrap()
}

#[tokio::test]
async fn logs_have_colours_at_a_terminal_unless_somebody_wants_none() {
    let folder = gathering_testkit::temp_dir();
    let data = |name: &str| folder.path().join(name);
    let coloured = at_a_terminal(migrate(&data("a"), &[])).await;
    assert!(coloured.contains("migrating the database"), "{coloured:?}");
    assert!(coloured.contains(ESCAPE), "{coloured:?}");
    let plain = at_a_terminal(migrate(&data("b"), &[("NO_COLOR", "1")])).await;
    assert!(plain.contains("migrating the database"), "{plain:?}");
    assert!(!plain.contains(ESCAPE), "{plain:?}");
}

#[tokio::test]
async fn logs_in_a_file_or_a_pipe_are_plain() {
    let folder = gathering_testkit::temp_dir();
    for format in ["text", "json"] {
        let data = folder.path().join(format);
        let said = migrate(&data, &[("GATHERING_LOG_FORMAT", format)]).run().await.ends_with(0);
        assert!(said.err.contains("migrating the database"), "{said:?}");
        assert!(!said.err.contains(ESCAPE), "{said:?}");
    }
}
