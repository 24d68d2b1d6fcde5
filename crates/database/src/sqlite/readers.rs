//! The reader threads: each has a connection that cannot write.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::files::{Access, Files};
use super::job::Answer;
use crate::tx::Backend;
use crate::{Error, Reader, Result, limits};

/// Work for a reader thread.
pub(crate) enum Message {
    Read(Box<dyn FnOnce(&mut Connection) + Send>),
    /// Ends one thread.
    End,
}

/// The reader threads.
pub(crate) struct Readers {
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(crate) fn start(files: &Files, count: usize) -> Result<(Self, flume::Sender<Message>)> {
        let (sender, receiver) = flume::bounded(limits::READ_QUEUE);
        let start = |number: usize| {
            let mut connection = files.connect(Access::Read)?;
            let receiver: flume::Receiver<Message> = receiver.clone();
            std::thread::Builder::new()
                .name(format!("db-reader-{number}"))
                .spawn(move || {
                    while let Ok(Message::Read(work)) = receiver.recv() {
                        work(&mut connection);
                    }
                })
                .map_err(|error| Error::other("start a reader thread", error))
        };
        let threads = (0..count).map(start).collect::<Result<_>>()?;
        Ok((Self { threads }, sender))
    }

    pub(crate) const fn len(&self) -> usize {
        self.threads.len()
    }

    /// Waits until every thread has ended.
    pub(crate) fn join(self) {
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("database reader panicked");
            }
        }
    }
}

/// A message that runs `work` on one state of the database, and where its answer arrives.
pub(crate) fn message<T, E, F>(work: F) -> (Message, oneshot::Receiver<Answer<T, E>>)
where
    F: FnOnce(&mut Reader<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let message = Message::Read(Box::new(move |connection| {
        // The connection is sound after a panic: the transaction is rolled back as it is dropped.
        let _ = reply.send(catch_unwind(AssertUnwindSafe(|| snapshot(connection, work))));
    }));
    (message, answer)
}

fn snapshot<T, E: From<Error>>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Reader<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Deferred)
        .map_err(|error| Error::other("begin a read", error))?;
    work(&mut Reader::new(Backend::Sqlite(&transaction)))
}
