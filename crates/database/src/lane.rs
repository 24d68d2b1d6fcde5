//! An ordered write path with a guard, for the writer of a log.

use std::sync::Arc;

use crate::sqlite::Sqlite;
use crate::{Applied, Result, Unit, notices, postgres};

/// An ordered write path for one writer: each unit is a transaction of its own, applied in the order of
/// the calls, its guard first.
///
/// After [`Error::Lost`](crate::Error::Lost) the lane refuses further units with
/// [`Error::Unavailable`](crate::Error::Unavailable) until [`recover`](Self::recover) has returned: only
/// then is it certain that the lost transaction will not commit any more, and what it did can be read.
pub struct Lane {
    backend: Backend,
}

enum Backend {
    Sqlite(Arc<Sqlite>),
    Postgres(postgres::Lane),
}

impl Lane {
    pub(crate) const fn sqlite(sqlite: Arc<Sqlite>) -> Self {
        Self { backend: Backend::Sqlite(sqlite) }
    }

    pub(crate) const fn postgres(lane: postgres::Lane) -> Self {
        Self { backend: Backend::Postgres(lane) }
    }

    /// Applies a unit whole or not at all. If the future is dropped, the unit may still be applied.
    pub async fn apply(&self, unit: Unit) -> Result<Applied> {
        notices::check(&unit.notices)?;
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.apply(unit).await,
            Backend::Postgres(lane) => lane.apply(unit).await,
        }
    }

    /// Makes the lane usable again after it was lost: returns once the server has ended whatever the
    /// lane had on its way.
    pub async fn recover(&self) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(()),
            Backend::Postgres(lane) => lane.recover().await,
        }
    }

    /// Process ids of the server's backends that write for this lane; none on SQLite. They change when it
    /// recovers.
    pub fn backend_pids(&self) -> Vec<i32> {
        match &self.backend {
            Backend::Sqlite(_) => Vec::new(),
            Backend::Postgres(lane) => vec![lane.backend_pid()],
        }
    }
}
