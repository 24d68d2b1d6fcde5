//! Work for the writer thread: a unit or a closure, each answered for itself.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::statements;
use crate::tx::Backend;
use crate::{Applied, Error, Result, Tx, Unit};

/// Notices of a job: channel and payload.
pub(crate) type Notices = Vec<(String, String)>;

/// The panic of a closure, on its way to the caller.
pub(crate) type Panic = Box<dyn Any + Send>;

/// Work for the writer thread.
pub(crate) trait Job: Send {
    /// True if a failure could leave part of the work behind, so that it needs a savepoint.
    fn needs_savepoint(&self) -> bool;

    /// Does the work in the open transaction. An error means that it must be rolled back.
    fn run(&mut self, connection: &Connection) -> std::result::Result<Notices, Refused>;

    /// Tells the caller, after the group has been committed or has failed as a whole.
    fn settle(self: Box<Self>, group: Result<()>);
}

/// A job that must be rolled back.
pub(crate) enum Refused {
    /// It alone; its caller will be told why.
    Alone,
    /// The disk failed under it, and with it the whole group.
    Disk(Error),
}

impl Refused {
    fn by(error: &Error) -> Self {
        match error {
            Error::Fatal { .. } => Self::Disk(error.clone()),
            _ => Self::Alone,
        }
    }
}

/// Applies a unit.
pub(crate) struct UnitJob {
    unit: Unit,
    result: Result<Applied>,
    reply: oneshot::Sender<Result<Applied>>,
}

impl UnitJob {
    pub(crate) fn new(unit: Unit) -> (Self, oneshot::Receiver<Result<Applied>>) {
        let (reply, answer) = oneshot::channel();
        (Self { unit, result: Err(Error::Closed), reply }, answer)
    }

    fn apply(&self, connection: &Connection) -> Result<Applied> {
        if let Some(guard) = &self.unit.guard
            && !statements::exists(connection, guard.sql, &guard.params)?
        {
            return Err(Error::GuardFailed);
        }
        let outcomes = self.unit.statements.iter().enumerate().map(|(position, statement)| {
            let outcome = statements::execute(connection, statement)?;
            statement.check(position, outcome.count)?;
            Ok(outcome)
        });
        outcomes.collect::<Result<_>>().map(Applied)
    }
}

impl Job for UnitJob {
    fn needs_savepoint(&self) -> bool {
        // SQLite undoes a failed statement by itself.
        !matches!(
            self.unit.statements.as_slice(),
            [] | [crate::Statement { want: None, returning: false, .. }]
        )
    }

    fn run(&mut self, connection: &Connection) -> std::result::Result<Notices, Refused> {
        self.result = self.apply(connection);
        match &self.result {
            Ok(_) => Ok(std::mem::take(&mut self.unit.notices)),
            Err(error) => Err(Refused::by(error)),
        }
    }

    fn settle(self: Box<Self>, group: Result<()>) {
        let _ = self.reply.send(group.and(self.result));
    }
}

/// Runs a closure.
pub(crate) struct ClosureJob<T, E, F> {
    work: F,
    result: Option<Answer<T, E>>,
    reply: oneshot::Sender<Answer<T, E>>,
}

/// What a closure returned, or its panic.
pub(crate) type Answer<T, E> = std::result::Result<Result<T, E>, Panic>;

impl<T, E, F> ClosureJob<T, E, F>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E>,
    E: From<Error>,
{
    pub(crate) fn new(work: F) -> (Self, oneshot::Receiver<Answer<T, E>>) {
        let (reply, answer) = oneshot::channel();
        (Self { work, result: None, reply }, answer)
    }
}

impl<T, E, F> Job for ClosureJob<T, E, F>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn needs_savepoint(&self) -> bool {
        true
    }

    fn run(&mut self, connection: &Connection) -> std::result::Result<Notices, Refused> {
        let mut tx = Tx::new(Backend::Sqlite(connection));
        // The connection is sound after a panic: its savepoint is rolled back.
        let returned = catch_unwind(AssertUnwindSafe(|| (self.work)(&mut tx)));
        let finished = tx.finish();
        let refused = finished.as_ref().err().map_or(Refused::Alone, Refused::by);
        match (returned, finished) {
            (Ok(Ok(value)), Ok(notices)) => {
                self.result = Some(Ok(Ok(value)));
                Ok(notices)
            }
            (Ok(Ok(_)), Err(error)) => {
                self.result = Some(Ok(Err(E::from(error))));
                Err(refused)
            }
            (failed, _) => {
                self.result = Some(failed);
                Err(refused)
            }
        }
    }

    fn settle(self: Box<Self>, group: Result<()>) {
        let answer = match group {
            Ok(()) => self.result.unwrap_or_else(|| Ok(Err(E::from(Error::Closed)))),
            Err(error) => Ok(Err(E::from(error))),
        };
        let _ = self.reply.send(answer);
    }
}
