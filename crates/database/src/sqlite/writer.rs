//! The writer thread: takes what is waiting, commits it as one group, then answers each caller.

use std::error::Error as _;
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::errors::sort;
use super::files::{Access, DirectoryLock, Files};
use super::job::{Job, Notices, Refused};
use crate::notices::Hub;
use crate::{DatabaseOptions, Error, Result, limits};

/// Work for the writer thread.
pub(crate) enum Message {
    Job(Box<dyn Job>),
    /// Ends the thread, after what was queued before.
    End,
}

/// The writer thread.
pub(crate) struct Writer {
    thread: JoinHandle<()>,
}

impl Writer {
    pub(crate) fn start(
        files: &Files,
        lock: DirectoryLock,
        hub: Arc<Hub>,
        broken: CancellationToken,
        options: &DatabaseOptions,
    ) -> Result<(Self, flume::Sender<Message>)> {
        let _ = options;
        let connection = files.connect(Access::Write)?;
        assert_durable(&connection)?;
        #[cfg(feature = "sabotage")]
        if options.sabotage == crate::Sabotage::SkipSync {
            batch(&connection, "PRAGMA synchronous = OFF")?;
        }
        let (sender, queue) = flume::bounded(limits::WRITE_QUEUE);
        let state = Loop {
            connection,
            queue,
            hub,
            broken,
            fatal: None,
            #[cfg(feature = "sabotage")]
            sabotage: options.sabotage,
        };
        let thread = std::thread::Builder::new()
            .name("db-writer".to_owned())
            .spawn(move || {
                state.run();
                // The directory is free once the last writing connection is closed.
                drop(lock);
            })
            .map_err(|error| Error::other("start the writer thread", error))?;
        Ok((Self { thread }, sender))
    }

    /// Waits until the thread has ended.
    pub(crate) fn join(self) {
        if self.thread.join().is_err() {
            tracing::error!("database writer panicked");
        }
    }
}

/// Refuses a connection that would acknowledge before the disk has it.
fn assert_durable(connection: &Connection) -> Result<()> {
    let journal: String = connection
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .map_err(|error| Error::other("read a setting of the database", error))?;
    if journal != "wal" {
        return Err(Error::Unfit { setting: "journal_mode", found: journal, needed: "wal" });
    }
    let synchronous: i64 = connection
        .pragma_query_value(None, "synchronous", |row| row.get(0))
        .map_err(|error| Error::other("read a setting of the database", error))?;
    if synchronous < 2 {
        return Err(Error::Unfit {
            setting: "synchronous",
            found: synchronous.to_string(),
            needed: "2 (full)",
        });
    }
    Ok(())
}

/// The state of the writer thread.
struct Loop {
    connection: Connection,
    queue: flume::Receiver<Message>,
    hub: Arc<Hub>,
    broken: CancellationToken,
    fatal: Option<Error>,
    #[cfg(feature = "sabotage")]
    sabotage: crate::Sabotage,
}

impl Loop {
    fn run(mut self) {
        while let Ok(Message::Job(first)) = self.queue.recv() {
            if let Some(error) = &self.fatal {
                first.settle(Err(error.clone()));
            } else if self.group(first) == Next::End {
                return;
            }
        }
    }

    /// Commits one group: the first job and whatever is waiting behind it.
    fn group(&mut self, first: Box<dyn Job>) -> Next {
        let mut jobs: Vec<Box<dyn Job>> = Vec::new();
        let mut notices = Notices::new();
        let mut next = Next::Go;
        let mut waiting = Some(first);
        let mut result = batch(&self.connection, "BEGIN IMMEDIATE");
        while let Some(mut job) = waiting.take() {
            if result.is_ok() {
                match self.job(job.as_mut(), jobs.is_empty()) {
                    Ok(sent) => notices.extend(sent),
                    Err(error) => result = Err(error),
                }
            }
            jobs.push(job);
            if result.is_ok() && jobs.len() < limits::GROUP_JOBS_MAX {
                match self.queue.try_recv() {
                    Ok(Message::Job(job)) => waiting = Some(job),
                    Ok(Message::End) => next = Next::End,
                    Err(_) => {}
                }
            }
        }
        #[cfg(feature = "sabotage")]
        if self.sabotage == crate::Sabotage::AcknowledgeBeforeCommit && result.is_ok() {
            jobs.drain(..).for_each(|job| job.settle(Ok(())));
            std::thread::park_timeout(limits::SABOTAGE_PAUSE);
        }
        // Whatever a failed commit left open must not leak into the next group.
        let result = result.and_then(|()| batch(&self.connection, "COMMIT").map_err(fatal));
        if let Err(error) = &result {
            if !self.connection.is_autocommit() {
                let _ = batch(&self.connection, "ROLLBACK");
            }
            if matches!(error, Error::Fatal { .. }) {
                let cause = error.source();
                tracing::error!(error = cause, "the disk refused a commit: this process must end");
                self.fatal = Some(error.clone());
                // Before anybody is answered, so that whoever is refused finds it.
                self.broken.cancel();
            }
        }
        for job in jobs {
            job.settle(result.clone());
        }
        if result.is_ok() {
            notices.sort_unstable();
            notices.dedup();
            for (channel, payload) in &notices {
                self.hub.deliver(channel, payload);
            }
        }
        next
    }

    /// Runs one job; an error fails the whole group. What the first leaves behind is undone with the
    /// transaction, which holds nothing else yet: it needs no savepoint.
    fn job(&self, job: &mut dyn Job, first: bool) -> Result<Notices> {
        let savepoint = !first && job.needs_savepoint();
        if savepoint {
            batch(&self.connection, "SAVEPOINT job")?;
        }
        match job.run(&self.connection) {
            Ok(notices) => {
                if savepoint {
                    batch(&self.connection, "RELEASE job")?;
                }
                Ok(notices)
            }
            Err(Refused::Disk(error)) => Err(error),
            Err(Refused::Alone) => {
                // After some errors (a full disk, no memory) SQLite has rolled everything back.
                if self.connection.is_autocommit() {
                    return Err(Error::Busy {
                        waited_for: "space for the transaction",
                        source: None,
                    });
                }
                if savepoint {
                    batch(&self.connection, "ROLLBACK TO job")?;
                    batch(&self.connection, "RELEASE job")?;
                } else if first && job.needs_savepoint() {
                    batch(&self.connection, "ROLLBACK")?;
                    batch(&self.connection, "BEGIN IMMEDIATE")?;
                }
                Ok(Notices::new())
            }
        }
    }
}

/// What the writer does after a group.
#[derive(PartialEq, Eq)]
enum Next {
    Go,
    End,
}

/// Runs a statement that controls the transaction.
fn batch(connection: &Connection, text: &'static str) -> Result<()> {
    let run = || connection.prepare_cached(text)?.raw_execute();
    run().map(drop).map_err(|error| sort(connection, "control a transaction", error))
}

/// The error of a failed commit. A constraint that is checked at the commit fails the group; anything else
/// means that nobody knows what the disk has.
fn fatal(error: Error) -> Error {
    match error {
        Error::Fatal { .. } | Error::ForeignKey { .. } | Error::Constraint { .. } => error,
        other => Error::Fatal { source: Arc::new(other) },
    }
}
