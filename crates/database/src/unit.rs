//! Statements that are applied together or not at all.

use crate::row::Source;
use crate::{Error, FromRow, Result, Row, Sql, Value};

/// A statement with its parameters and what is expected of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub(crate) sql: Sql,
    pub(crate) params: Vec<Value>,
    pub(crate) want: Option<u64>,
    pub(crate) returning: bool,
}

impl Statement {
    /// A statement that may touch any number of rows.
    pub const fn new(sql: Sql, params: Vec<Value>) -> Self {
        Self { sql, params, want: None, returning: false }
    }

    /// Expects exactly `rows` rows to be touched or returned; else the unit fails with
    /// [`Error::Conflict`].
    pub const fn expecting(mut self, rows: u64) -> Self {
        self.want = Some(rows);
        self
    }

    /// Keeps the rows that the statement returns, for [`Applied::rows`].
    pub const fn returning(mut self) -> Self {
        self.returning = true;
        self
    }

    /// Compares the rows touched with those expected.
    pub(crate) fn check(&self, statement: usize, got: u64) -> Result<()> {
        match self.want {
            Some(want) if want != got => Err(Error::Conflict { statement, got, want }),
            _ => Ok(()),
        }
    }
}

/// Writes as data: statements applied in order, whole or not at all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Unit {
    pub(crate) guard: Option<Statement>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) notices: Vec<(String, String)>,
}

impl Unit {
    /// An empty unit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a statement that may touch any number of rows.
    pub fn run(self, sql: Sql, params: Vec<Value>) -> Self {
        self.with(Statement::new(sql, params))
    }

    /// Adds a statement that must touch exactly `rows` rows.
    pub fn expect(self, rows: u64, sql: Sql, params: Vec<Value>) -> Self {
        self.with(Statement::new(sql, params).expecting(rows))
    }

    /// Adds a statement whose rows come back.
    pub fn returning(self, sql: Sql, params: Vec<Value>) -> Self {
        self.with(Statement::new(sql, params).returning())
    }

    /// Adds a statement.
    pub fn with(mut self, statement: Statement) -> Self {
        self.push(statement);
        self
    }

    /// Adds a statement and says its position.
    pub fn push(&mut self, statement: Statement) -> usize {
        self.statements.push(statement);
        self.statements.len() - 1
    }

    /// Runs `sql` before everything else; without a row the unit fails with [`Error::GuardFailed`].
    pub fn guard(mut self, sql: Sql, params: Vec<Value>) -> Self {
        self.guard = Some(Statement::new(sql, params));
        self
    }

    /// Sends a notice to the listeners of `channel` after the commit, once for all equal ones that are
    /// committed together.
    pub fn notify(mut self, channel: impl Into<String>, payload: impl Into<String>) -> Self {
        self.notices.push((channel.into(), payload.into()));
        self
    }

    /// Adds what `other` holds, except its guard.
    pub fn append(&mut self, other: Self) {
        self.statements.extend(other.statements);
        self.notices.extend(other.notices);
    }

    /// Number of statements.
    pub const fn len(&self) -> usize {
        self.statements.len()
    }

    /// True if there is nothing to apply.
    pub const fn is_empty(&self) -> bool {
        self.statements.is_empty() && self.notices.is_empty()
    }
}

/// What a unit did.
#[derive(Debug, Default)]
pub struct Applied(pub(crate) Vec<Outcome>);

/// What one statement did.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) count: u64,
    pub(crate) rows: Rows,
}

/// The rows that a statement returned.
#[derive(Debug, Default)]
pub(crate) enum Rows {
    #[default]
    None,
    Values(Vec<Vec<Value>>),
    Postgres(Vec<tokio_postgres::Row>),
}

impl Applied {
    /// Rows touched or returned by statement number `statement`; 0 if there is none such.
    pub fn count(&self, statement: usize) -> u64 {
        self.0.get(statement).map_or(0, |outcome| outcome.count)
    }

    /// Rows returned by statement number `statement`, if it was marked as returning.
    pub fn rows<T: FromRow>(&self, statement: usize) -> Result<Vec<T>> {
        match self.0.get(statement).map(|outcome| &outcome.rows) {
            None | Some(Rows::None) => Ok(Vec::new()),
            Some(Rows::Values(rows)) => {
                rows.iter().map(|values| T::from_row(&Row(Source::Values(values)))).collect()
            }
            Some(Rows::Postgres(rows)) => {
                rows.iter().map(|row| T::from_row(&Row(Source::Postgres(row)))).collect()
            }
        }
    }

    /// The first row returned by statement number `statement`.
    pub fn first<T: FromRow>(&self, statement: usize) -> Result<Option<T>> {
        Ok(self.rows(statement)?.into_iter().next())
    }
}
