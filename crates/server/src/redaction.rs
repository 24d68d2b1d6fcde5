//! The values of secrets that this process has used, and log lines without them.

use std::{
    io::{self, Write},
    sync::LazyLock,
};

use gathering_egress::Revelations;
use tracing_subscriber::fmt::MakeWriter;

static REVEALED: LazyLock<Revelations> = LazyLock::new(Revelations::default);

/// What the clients of this process have used. One for all, as the log is; each project is shown its own.
pub(crate) fn revealed() -> &'static Revelations {
    &REVEALED
}

/// A writer of log lines that takes the values of secrets out of each. A line comes in one piece.
pub(crate) struct Redacting<W>(pub(crate) W);

/// The writer of one line.
pub(crate) struct Line<W>(W);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Redacting<M> {
    type Writer = Line<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(self.0.make_writer())
    }

    fn make_writer_for(&'a self, meta: &tracing::Metadata<'_>) -> Self::Writer {
        Line(self.0.make_writer_for(meta))
    }
}

impl<W: Write> Write for Line<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // All or nothing: a part of the redacted line says nothing of how much of the line was written.
        self.0.write_all(&revealed().redact(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
