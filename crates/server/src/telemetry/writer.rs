//! Where log lines go: to standard error, by a thread of its own behind a bounded queue.

use std::{
    io::{self, Write},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait. A reader of standard error that stops reading must not stop the server: what
/// comes while the queue is full is lost, and counted.
const LINES: usize = 4_096;
/// How long the end of the process waits for what is still in the queue.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Lines that were lost since the process began.
static LOST: AtomicU64 = AtomicU64::new(0);

/// Hands lines to the thread that writes them. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Queue(SyncSender<Line>);

/// What the thread is given.
#[derive(Debug)]
enum Line {
    Text(Vec<u8>),
    /// Everything before this is written: say so.
    Written(SyncSender<()>),
}

static QUEUE: OnceLock<Queue> = OnceLock::new();

/// Lines that were lost since the process began, because whoever reads standard error did not.
pub(crate) fn lost() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// Waits until what was logged is written, for a moment at most.
pub(crate) fn flush() {
    let Some(Queue(queue)) = QUEUE.get() else { return };
    let (told, written) = sync_channel(1);
    // A full queue has a reader that does not read, or is about to be written: not waited for.
    if queue.try_send(Line::Written(told)).is_ok() {
        let _ = written.recv_timeout(LAST_LINES);
    }
}

impl Queue {
    /// The queue before standard error.
    pub(crate) fn standard_error() -> io::Result<Self> {
        let queue = Self::before(io::stderr())?;
        Ok(QUEUE.get_or_init(|| queue).clone())
    }

    fn before(to: impl Write + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(LINES);
        let thread = std::thread::Builder::new().name("log".to_owned());
        // Ends with the process, or with the last sender.
        thread.spawn(move || write_all(&receiver, to))?;
        Ok(Self(sender))
    }
}

fn write_all(lines: &Receiver<Line>, mut to: impl Write) {
    let mut told = 0;
    while let Ok(line) = lines.recv() {
        match line {
            Line::Text(text) => {
                // Nobody is left to be told of a failure.
                let _ = to.write_all(&text);
            }
            Line::Written(answer) => {
                let _ = to.flush();
                let _ = answer.try_send(());
            }
        }
        let lost = lost();
        if lost > told {
            // By the way of all lines, so that it has their form; if that is full it is said later.
            tracing::warn!(lost_lines = lost - told, "lines of this log were lost");
            told = lost;
        }
    }
}

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match self.0.try_send(Line::Text(line.to_vec())) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                LOST.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Queue {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Condvar, Mutex};

    use super::*;

    /// Takes nothing until its gate is open.
    #[derive(Clone, Default)]
    struct Stuck(Arc<(Mutex<(bool, usize)>, Condvar)>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (gate, opened) = &*self.0;
            let mut gate = opened.wait_while(gate.lock().unwrap(), |gate| !gate.0).unwrap();
            gate.1 += 1;
            opened.notify_all();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_does_not_read_costs_lines_and_no_time() {
        let stuck = Stuck::default();
        let mut queue = Queue::before(stuck.clone()).unwrap();
        let before = lost();
        for _ in 0..LINES + 100 {
            queue.write_all(b"a line\n").unwrap();
        }
        // One is in the thread's hands, perhaps.
        let missing = lost() - before;
        assert!((99..=100).contains(&missing), "{missing}");
        let (gate, opened) = &*stuck.0;
        gate.lock().unwrap().0 = true;
        opened.notify_all();
        let all = LINES + 100 - usize::try_from(missing).unwrap();
        drop(opened.wait_while(gate.lock().unwrap(), |gate| gate.1 < all).unwrap());
    }
}
