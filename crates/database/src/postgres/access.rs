//! Synchronous access to a transaction, for closures on a blocking thread.

use std::pin::Pin;
use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Object};
use futures::future::maybe_done;
use futures::poll;
use tokio::runtime::Handle;

use super::connect::answer;
use super::errors::unsent;
use super::pipeline::{NOTIFY, commit};
use super::statements::{control, execute, notify, prepare, query};
use crate::unit::{Outcome, Statement};
use crate::{FromRow, Prepared, Result, Sql, Value, limits};

/// A pooled connection whose transactions begin with their first statement, in the same round trip.
pub(crate) struct Access {
    client: Object,
    runtime: Handle,
    begin: &'static str,
    begun: bool,
}

impl Access {
    /// Transactions that write.
    pub(crate) const fn serializable(client: Object, runtime: Handle) -> Self {
        Self { client, runtime, begin: "BEGIN ISOLATION LEVEL SERIALIZABLE", begun: false }
    }

    /// Transactions that only read, each always the same state.
    pub(crate) const fn snapshot(client: Object, runtime: Handle) -> Self {
        Self {
            client,
            runtime,
            begin: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            begun: false,
        }
    }

    pub(crate) fn query<T: FromRow>(&mut self, sql: Sql, params: &[Value]) -> Result<Vec<T>> {
        self.run(limits::ANSWER_WAIT, async |client| query(client, sql, params).await)
    }

    pub(crate) fn execute(&mut self, statement: &Statement) -> Result<Outcome> {
        self.run(limits::ANSWER_WAIT, async |client| {
            let prepared = prepare(client, statement.sql).await?;
            Ok(execute(client, &prepared, statement).await?.unwrap_or_default())
        })
    }

    pub(crate) fn script(&mut self, text: &str) -> Result<()> {
        let set_timeouts = format!(
            "SET LOCAL statement_timeout = {limit}; SET LOCAL idle_in_transaction_session_timeout = {limit}",
            limit = limits::SCRIPT_TIMEOUT.as_millis(),
        );
        self.run(limits::SCRIPT_TIMEOUT, async |client| {
            control(client, &set_timeouts).await?;
            control(client, text).await.map(drop)
        })
    }

    pub(crate) fn prepare_check(&mut self, sql: Sql) -> Result<Prepared> {
        let prepared = self.run(limits::ANSWER_WAIT, async |client| prepare(client, sql).await)?;
        let columns = prepared.columns().iter().map(|column| column.name().to_owned()).collect();
        Ok(Prepared { parameters: prepared.params().len(), columns })
    }

    /// Commits, with the notices; [`Error::Lost`] if nothing is heard of the commit.
    pub(crate) fn commit(&mut self, notices: &[(String, String)]) -> Result<()> {
        if !notices.is_empty() {
            self.run(limits::ANSWER_WAIT, async |client| {
                let prepared = prepare(client, NOTIFY).await?;
                for (channel, payload) in notices {
                    notify(client, &prepared, channel, payload).await?;
                }
                Ok(())
            })?;
        }
        if self.begun {
            self.runtime.block_on(answer(limits::ANSWER_WAIT, commit(&self.client)))?;
            self.begun = false;
        }
        Ok(())
    }

    /// Rolls back what was begun; gives the connection for another transaction unless it is broken.
    pub(crate) fn roll_back(mut self) -> Option<Self> {
        if self.begun {
            let work = async { control(&self.client, "ROLLBACK").await.map(drop) };
            if self.runtime.block_on(answer(limits::ANSWER_WAIT, work)).is_err() {
                // Out of the pool for good.
                drop(Object::take(self.client));
                return None;
            }
            self.begun = false;
        }
        Some(self)
    }

    /// Does something in the transaction, and begins it if need be. Before the commit a lost connection
    /// has done nothing.
    fn run<T>(
        &mut self,
        wait: Duration,
        work: impl AsyncFnOnce(&ClientWrapper) -> Result<T>,
    ) -> Result<T> {
        let begin = (!self.begun).then_some(self.begin);
        self.begun = true;
        let client: &ClientWrapper = &self.client;
        let both = async {
            let Some(begin) = begin else { return work(client).await };
            let mut begin = maybe_done(control(client, begin));
            // Polled first, so sent first.
            let _ = poll!(&mut begin);
            let result = work(client).await;
            (&mut begin).await;
            match Pin::new(&mut begin).take_output() {
                Some(Err(error)) => Err(error),
                _ => result,
            }
        };
        self.runtime.block_on(answer(wait, both)).map_err(unsent)
    }
}
