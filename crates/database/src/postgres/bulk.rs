//! One long transaction that fills a database: schema, rows by `COPY`, and what was written read back.

use std::time::Duration;

use deadpool_postgres::ClientWrapper;
use futures::TryStreamExt as _;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;

use super::connect::{Connection, Connector, answer};
use super::errors::{sort, unsent};
use super::pipeline;
use super::statements::{cell, control, failed, prepare, query};
use crate::scan::Batch;
use crate::tables::{self, CATALOGUE, Table, quoted};
use crate::{Error, FromRow, Result, Sql, Value, limits, params};

/// A transaction on a connection of its own that may take hours and writes much, for an operator's
/// command; on PostgreSQL alone. Dropped without a commit, it has done nothing.
pub struct Bulk {
    connection: Connection,
    /// After a failure the server would answer a commit and undo everything.
    failed: bool,
}

/// Settings of the session: each batch is waited for by the client.
const SETTINGS: &str = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
    SET tcp_user_timeout = '300s'; SET lock_timeout = '10s'; BEGIN";

impl Bulk {
    pub(crate) async fn begin(connector: &Connector) -> Result<Self> {
        let connection = connector.patient(limits::BULK_WAIT).connect().await?;
        let mut bulk = Self { connection, failed: false };
        bulk.ask(limits::ANSWER_WAIT, async |client| control(client, SETTINGS).await).await?;
        Ok(bulk)
    }

    /// Runs several statements without parameters, separated by semicolons.
    pub async fn script(&mut self, text: &str) -> Result<()> {
        self.ask(limits::SCRIPT_TIMEOUT, async |client| control(client, text).await).await?;
        Ok(())
    }

    /// Runs a statement and says how many rows it touched.
    pub async fn execute(&mut self, sql: Sql, params: Vec<Value>) -> Result<u64> {
        self.ask(limits::BULK_WAIT, async |client| {
            let prepared = prepare(client, sql).await?;
            client.execute_raw(&prepared, &params).await.map_err(failed)
        })
        .await
    }

    /// All rows of a query.
    pub async fn query<T: FromRow>(&mut self, sql: Sql, params: Vec<Value>) -> Result<Vec<T>> {
        self.ask(limits::BULK_WAIT, async |client| query(client, sql, &params).await).await
    }

    /// The tables of the schema.
    pub async fn tables(&mut self) -> Result<Vec<Table>> {
        tables::of_rows(self.query(CATALOGUE, Vec::new()).await?)
    }

    /// Takes all rows out of these tables.
    pub async fn empty(&mut self, tables: &[Table]) -> Result<()> {
        let names: Vec<String> = tables.iter().map(|table| quoted(&table.name)).collect();
        if names.is_empty() {
            return Ok(());
        }
        self.script(&format!("TRUNCATE {}", names.join(", "))).await
    }

    /// Puts rows into a table.
    pub async fn fill(&mut self, table: &Table, rows: &Batch) -> Result<()> {
        self.ask(limits::BULK_WAIT, async |client| {
            let types = types(client, table).await?;
            let fail = |error| sort("fill a table", error);
            let sink = client.copy_in(&table.copy_in()).await.map_err(fail)?;
            let writer = BinaryCopyInWriter::new(sink, &types);
            futures::pin_mut!(writer);
            for row in rows {
                writer.as_mut().write_raw(row.iter()).await.map_err(fail)?;
            }
            let count = writer.as_mut().finish().await.map_err(fail)?;
            let (got, want) = (count, rows.len() as u64);
            if got == want { Ok(()) } else { Err(Error::Conflict { statement: 0, got, want }) }
        })
        .await
    }

    /// Shows each row of a table, its values in the order of the columns. Holds one at a time.
    pub async fn read(&mut self, table: &Table, mut show: impl FnMut(Vec<Value>)) -> Result<()> {
        let rows = self.ask(limits::BULK_WAIT, async |client| {
            let statement = client.prepare(&table.select()).await.map_err(failed)?;
            client.query_raw(&statement, &[] as &[Value]).await.map_err(failed)
        });
        let rows = rows.await?;
        futures::pin_mut!(rows);
        loop {
            let next = self.ask(limits::BULK_WAIT, async |_| rows.try_next().await.map_err(failed));
            let Some(row) = next.await? else { return Ok(()) };
            let values = (0..row.len()).map(|index| Ok(cell(&row, index)?.to_value()));
            show(values.collect::<Result<_>>()?);
        }
    }

    /// Has the table's own numbers go on after `last`; false if it has none.
    pub async fn number_after(&mut self, table: &Table, last: i64) -> Result<bool> {
        const IDENTITY: Sql = Sql::postgres(
            "SELECT a.attname FROM pg_catalog.pg_attribute AS a \
             WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped \
               AND pg_get_serial_sequence($1, a.attname) IS NOT NULL",
        );
        const SET: Sql = Sql::postgres(
            "SELECT setval(CAST(pg_get_serial_sequence($1, $2) AS regclass), \
               greatest(CAST($3 AS bigint), 1), CAST($3 AS bigint) > 0)",
        );
        let name = quoted(&table.name);
        let found: Vec<(String,)> = self.query(IDENTITY, params![name.as_str()]).await?;
        let Some((column,)) = found.into_iter().next() else { return Ok(false) };
        let _: Vec<(i64,)> = self.query(SET, params![name, column, last]).await?;
        Ok(true)
    }

    /// Has the planner look at what there is now.
    pub async fn analyze(&mut self) -> Result<()> {
        self.script("ANALYZE").await
    }

    /// Ends it. [`Error::Lost`]: nobody knows whether it was committed.
    pub async fn commit(self) -> Result<()> {
        if self.failed {
            return Err(Error::Closed);
        }
        answer(limits::BULK_WAIT, pipeline::commit(&self.connection.client)).await
    }

    /// Asks the server something before the commit: a lost connection has done nothing.
    async fn ask<T>(
        &mut self,
        wait: Duration,
        work: impl AsyncFnOnce(&ClientWrapper) -> Result<T>,
    ) -> Result<T> {
        let answered = answer(wait, work(&self.connection.client)).await.map_err(unsent);
        self.failed |= answered.is_err();
        answered
    }
}

/// The types of a table's columns.
async fn types(client: &ClientWrapper, table: &Table) -> Result<Vec<Type>> {
    let statement = client.prepare(&table.select()).await.map_err(failed)?;
    Ok(statement.columns().iter().map(|column| column.type_().clone()).collect())
}
