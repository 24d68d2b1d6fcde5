//! The person at the terminal: asked one question at a time, and never waited for in vain.

use std::io::{self, Write as _};

use anyhow::{Context as _, bail};
use tokio::sync::mpsc;

use crate::output::plain;

/// Lines that are typed ahead of their questions and kept until the next one throws them away.
const TYPED_AHEAD: usize = 64;

/// The person at the terminal. Its input is read on a thread of its own from the first question on,
/// so that a question can be dropped: a line cannot be unasked for.
#[derive(Default)]
pub(crate) struct Terminal {
    reader: Option<Reader>,
}

struct Reader {
    lines: mpsc::Receiver<io::Result<String>>,
}

impl Terminal {
    /// Asks, and waits for a line. What was typed before the question answers nothing: it was meant
    /// for another one.
    pub(crate) async fn line(&mut self, question: &str) -> anyhow::Result<String> {
        let reader = self.reader.get_or_insert_with(Reader::start);
        while let Ok(early) = reader.lines.try_recv() {
            early.context("could not read from the terminal")?;
        }
        let mut to = io::stderr();
        to.write_all(plain(question).as_bytes())
            .and_then(|()| to.flush())
            .context("could not ask at the terminal")?;
        match reader.lines.recv().await {
            Some(said) => Ok(said.context("could not read from the terminal")?.trim().to_owned()),
            None => bail!("the terminal was closed before the question was answered"),
        }
    }
}

impl Reader {
    /// Reads until the terminal is closed. The thread may sit in a read for ever, and ends with the
    /// process.
    fn start() -> Self {
        let (to, lines) = mpsc::channel(TYPED_AHEAD);
        std::thread::spawn(move || {
            for line in io::stdin().lines() {
                if to.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        Self { lines }
    }
}
