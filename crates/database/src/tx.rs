//! Synchronous access inside a transaction or a snapshot.

use std::ops::{Deref, DerefMut};

use crate::unit::{Outcome, Statement};
use crate::{Engine, Error, FromRow, Prepared, Result, Sql, Value, notices, postgres, sqlite};

/// Reads that all see one state of the database.
///
/// A failed statement loses the whole transaction, on both engines: whatever follows fails as well.
pub struct Reader<'a> {
    backend: Backend<'a>,
    statements: usize,
    failed: Option<Error>,
}

pub(crate) enum Backend<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut postgres::Access),
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(backend: Backend<'a>) -> Self {
        Self { backend, statements: 0, failed: None }
    }

    /// Which engine this runs on.
    pub const fn engine(&self) -> Engine {
        match self.backend {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// All rows of a query.
    #[expect(clippy::needless_pass_by_value, reason = "called like the query of a database")]
    pub fn query<T: FromRow>(&mut self, sql: Sql, params: Vec<Value>) -> Result<Vec<T>> {
        self.attempt(|backend, _| match backend {
            Backend::Sqlite(connection) => sqlite::query(connection, sql, &params),
            Backend::Postgres(access) => access.query(sql, &params),
        })
    }

    /// The first row of a query, if any.
    pub fn query_opt<T: FromRow>(&mut self, sql: Sql, params: Vec<Value>) -> Result<Option<T>> {
        Ok(self.query(sql, params)?.into_iter().next())
    }

    /// Prepares a statement without running it.
    pub(crate) fn prepare_check(&mut self, sql: Sql) -> Result<Prepared> {
        self.attempt(|backend, _| match backend {
            Backend::Sqlite(connection) => sqlite::prepare_check(connection, sql),
            Backend::Postgres(access) => access.prepare_check(sql),
        })
    }

    /// Does one thing, unless an earlier one has failed.
    fn attempt<T>(&mut self, work: impl FnOnce(&mut Backend<'a>, usize) -> Result<T>) -> Result<T> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let statement = self.statements;
        self.statements += 1;
        let result = work(&mut self.backend, statement);
        if let Err(error) = &result {
            self.failed = Some(error.clone());
        }
        result
    }
}

/// A transaction that reads, decides and writes.
pub struct Tx<'a> {
    reader: Reader<'a>,
    notices: Vec<(String, String)>,
}

impl<'a> Tx<'a> {
    pub(crate) const fn new(backend: Backend<'a>) -> Self {
        Self { reader: Reader::new(backend), notices: Vec::new() }
    }

    /// Runs a statement and says how many rows it touched.
    pub fn execute(&mut self, sql: Sql, params: Vec<Value>) -> Result<u64> {
        Ok(self.run(&Statement::new(sql, params))?.count)
    }

    /// Runs a statement that must touch exactly `rows` rows.
    pub fn execute_expecting(&mut self, rows: u64, sql: Sql, params: Vec<Value>) -> Result<()> {
        self.run(&Statement::new(sql, params).expecting(rows)).map(drop)
    }

    /// Sends a notice to the listeners of `channel` after the commit.
    pub fn notify(&mut self, channel: impl Into<String>, payload: impl Into<String>) {
        self.notices.push((channel.into(), payload.into()));
    }

    /// Runs several statements without parameters, separated by semicolons. They must not begin or end
    /// a transaction.
    pub fn script(&mut self, text: &str) -> Result<()> {
        self.reader.attempt(|backend, _| match backend {
            Backend::Sqlite(connection) => sqlite::script(connection, text),
            Backend::Postgres(access) => access.script(text),
        })
    }

    fn run(&mut self, statement: &Statement) -> Result<Outcome> {
        self.reader.attempt(|backend, position| {
            let outcome = match backend {
                Backend::Sqlite(connection) => sqlite::execute(connection, statement)?,
                Backend::Postgres(access) => access.execute(statement)?,
            };
            statement.check(position, outcome.count)?;
            Ok(outcome)
        })
    }

    /// The notices to send if the transaction commits, or why it must not.
    pub(crate) fn finish(self) -> Result<Vec<(String, String)>> {
        match self.reader.failed {
            Some(error) => Err(error),
            None => notices::check(&self.notices).map(|()| self.notices),
        }
    }
}

impl<'a> Deref for Tx<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Self::Target {
        &self.reader
    }
}

impl DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.reader
    }
}
