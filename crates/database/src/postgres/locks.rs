//! A connection that holds advisory locks for as long as it lives.

use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_util::sync::CancellationToken;

use super::connect::{Connection, Connector, answer};
use super::errors::{sort, unsent};
use super::statements::{control, prepare, query};
use crate::{Error, Result, Sql, Waited, limits, params};

const TRY: Sql = Sql::postgres("SELECT pg_try_advisory_lock($1)");
const WAIT: Sql = Sql::postgres("SELECT pg_advisory_lock($1)");
const RELEASE: Sql = Sql::postgres("SELECT pg_advisory_unlock($1)");

/// A connection that holds advisory locks.
pub(crate) struct Locks {
    connection: Option<Connection>,
    pid: i32,
    ended: CancellationToken,
}

impl Locks {
    pub(crate) async fn open(connector: &Connector) -> Result<Self> {
        let connection = connector.connect().await?;
        let (pid, ended) = (connection.backend.pid, connection.ended.clone());
        Ok(Self { connection: Some(connection), pid, ended })
    }

    pub(crate) async fn try_hold(&mut self, key: i64) -> Result<bool> {
        self.ask(async |connection| {
            let found = query::<(bool,)>(&connection.client, TRY, &params![key]).await?;
            Ok(found == [(true,)])
        })
        .await
    }

    pub(crate) async fn wait_for(&mut self, key: i64, slice: Duration) -> Result<Waited> {
        let slice = slice.clamp(Duration::from_millis(1), limits::LOCK_SLICE_MAX);
        self.ask(async |connection| {
            let timeout = format!("SET lock_timeout = {}", slice.as_millis());
            control(&connection.client, &timeout).await?;
            let prepared = prepare(&connection.client, WAIT).await?;
            match connection.client.execute_raw(&prepared, [key]).await {
                Ok(_) => Ok(Waited::Acquired),
                Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                    Ok(Waited::TimedOut)
                }
                Err(error) => Err(sort("wait for an advisory lock", error)),
            }
        })
        .await
    }

    pub(crate) async fn release(&mut self, key: i64) -> Result<bool> {
        self.ask(async |connection| {
            let found = query::<(bool,)>(&connection.client, RELEASE, &params![key]).await?;
            Ok(found == [(true,)])
        })
        .await
    }

    pub(crate) const fn backend_pid(&self) -> i32 {
        self.pid
    }

    /// Cancelled when the connection has ended.
    pub(crate) fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }

    /// Asks the server something. A connection that is left in the middle of it, or that failed in any
    /// way, is given up, because what it holds is not known any more.
    async fn ask<T>(&mut self, work: impl AsyncFnOnce(&Connection) -> Result<T>) -> Result<T> {
        let connection = self.connection.take().ok_or(Error::Unavailable { source: None })?;
        let result = answer(limits::ANSWER_WAIT, work(&connection)).await.map_err(unsent)?;
        self.connection = Some(connection);
        Ok(result)
    }
}
