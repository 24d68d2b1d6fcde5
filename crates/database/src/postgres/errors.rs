//! Sorts PostgreSQL's errors into ours.

use std::sync::Arc;

use tokio_postgres::error::SqlState;

use crate::Error;

/// Sorts the error of a statement. A lost connection is [`Error::Lost`]; a caller that knows that no
/// commit was on its way makes it [`Error::Unavailable`] by [`unsent`].
pub(crate) fn sort(attempted: &'static str, error: tokio_postgres::Error) -> Error {
    let constraint = || error.as_db_error().and_then(|db| db.constraint()).map(str::to_owned);
    match error.code() {
        None if is_lost(&error) => Error::Lost { source: Arc::new(error) },
        Some(&SqlState::UNIQUE_VIOLATION) => {
            Error::Unique { constraint: constraint().unwrap_or_default(), source: Arc::new(error) }
        }
        Some(&SqlState::FOREIGN_KEY_VIOLATION) => {
            Error::ForeignKey { constraint: constraint(), source: Arc::new(error) }
        }
        Some(state) if state.code().starts_with("23") => {
            Error::Constraint { constraint: constraint(), source: Arc::new(error) }
        }
        Some(&SqlState::LOCK_NOT_AVAILABLE) => busy("a row lock", error),
        Some(&SqlState::QUERY_CANCELED) => busy("a statement", error),
        Some(&(SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED)) => {
            busy(COLLISION, error)
        }
        Some(state) => match Trouble::of(state) {
            Some(Trouble::EndOfSession) => Error::Lost { source: Arc::new(error) },
            Some(Trouble::ReadOnly) => Error::Unavailable { source: Some(Arc::new(error)) },
            Some(Trouble::Server) => busy("a server that is in trouble", error),
            None => Error::other(attempted, error),
        },
        None => Error::other(attempted, error),
    }
}

/// What is wrong with the server, and not with the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// It ended the session.
    EndOfSession,
    /// It is a standby now, or was made read-only: another connection may reach the one that writes.
    ReadOnly,
    /// It has no room, no memory or no access to its files, or found a defect of its own. It applied
    /// nothing, and the same may succeed later.
    Server,
}

impl Trouble {
    fn of(state: &SqlState) -> Option<Self> {
        if is_end_of_session(state) {
            return Some(Self::EndOfSession);
        }
        match state.code().get(..2)? {
            _ if *state == SqlState::READ_ONLY_SQL_TRANSACTION => Some(Self::ReadOnly),
            "53" | "57" | "58" | "XX" => Some(Self::Server),
            _ => None,
        }
    }
}

const COLLISION: &str = "transactions that collide with this one";

/// True if the work collided with that of others, so that another try may succeed at once.
pub(crate) fn is_collision(error: &Error) -> bool {
    matches!(error, Error::Busy { waited_for: COLLISION, .. })
}

/// The error of work that collided until its tries were used up.
pub(crate) const fn collided() -> Error {
    Error::Busy { waited_for: COLLISION, source: None }
}

/// An error of work whose commit was never sent: a lost connection did nothing.
pub(crate) fn unsent(error: Error) -> Error {
    match error {
        Error::Lost { source } => Error::Unavailable { source: Some(source) },
        other => other,
    }
}

/// An error of opening a connection.
pub(crate) fn unreachable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Unavailable { source: Some(Arc::new(error)) }
}

/// The error of an answer that did not come in time.
pub(crate) fn silent() -> Error {
    let silence =
        std::io::Error::new(std::io::ErrorKind::TimedOut, "the server did not answer in time");
    Error::Lost { source: Arc::new(silence) }
}

fn busy(waited_for: &'static str, error: tokio_postgres::Error) -> Error {
    Error::Busy { waited_for, source: Some(Arc::new(error)) }
}

fn is_lost(error: &tokio_postgres::Error) -> bool {
    let is_io = |error: &(dyn std::error::Error + 'static)| error.is::<std::io::Error>();
    error.is_closed() || std::error::Error::source(error).is_some_and(is_io)
}

/// The server ended the session: class 08, shutdowns, and the timeout of an idle transaction.
fn is_end_of_session(state: &SqlState) -> bool {
    state.code().starts_with("08")
        || [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::DATABASE_DROPPED,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ]
        .contains(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_of_the_server_is_told_from_defects() {
        use Trouble::{EndOfSession, ReadOnly, Server};
        for (code, wanted) in [
            ("08006", Some(EndOfSession)),
            ("57P01", Some(EndOfSession)),
            ("57P04", Some(EndOfSession)),
            ("25006", Some(ReadOnly)),
            ("53100", Some(Server)),
            ("53200", Some(Server)),
            ("58030", Some(Server)),
            ("XX000", Some(Server)),
            ("22021", None),
            ("23502", None),
            ("25001", None),
            ("42601", None),
        ] {
            assert_eq!(Trouble::of(&SqlState::from_code(code)), wanted, "{code}");
        }
    }
}
