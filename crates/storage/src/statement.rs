//! Statements as data: a query with its row type, a write with its parameters, all declared once.
//!
//! A noun has one file. It declares its statements with [`statements!`], its rows with
//! [`row!`](gathering_database::row), and offers functions that return a [`Query`] or a [`Write`]:
//! the caller decides whether that runs alone, in a unit, or in a transaction.

use std::marker::PhantomData;

use gathering_database::{Database, FromRow, Reader, Result, Sql, Statement, Tx, Value};

/// A read: a statement, its parameters, and what its rows become.
#[derive(Debug, Clone)]
#[must_use = "a query does nothing until it is run"]
pub struct Query<T> {
    sql: Sql,
    params: Vec<Value>,
    row: PhantomData<fn() -> T>,
}

impl<T: FromRow> Query<T> {
    /// A query.
    pub const fn new(sql: Sql, params: Vec<Value>) -> Self {
        Self { sql, params, row: PhantomData }
    }

    /// All rows, of what has been committed.
    pub async fn all(self, database: &Database) -> Result<Vec<T>> {
        database.query(self.sql, self.params).await
    }

    /// The first row, of what has been committed.
    pub async fn first(self, database: &Database) -> Result<Option<T>> {
        database.query_opt(self.sql, self.params).await
    }

    /// All rows, inside a transaction or a snapshot.
    pub fn all_in(self, reader: &mut Reader<'_>) -> Result<Vec<T>> {
        reader.query(self.sql, self.params)
    }

    /// The first row, inside a transaction or a snapshot.
    pub fn first_in(self, reader: &mut Reader<'_>) -> Result<Option<T>> {
        reader.query_opt(self.sql, self.params)
    }
}

/// A write: a statement, its parameters, and how many rows it must touch.
#[derive(Debug, Clone)]
#[must_use = "a write does nothing until it is run"]
pub struct Write {
    pub(crate) sql: Sql,
    pub(crate) params: Vec<Value>,
    pub(crate) want: Option<u64>,
}

impl Write {
    /// A write that may touch any number of rows.
    pub const fn new(sql: Sql, params: Vec<Value>) -> Self {
        Self { sql, params, want: None }
    }

    /// Expects exactly `rows` rows to be touched; else the whole unit or transaction fails with
    /// [`Error::Conflict`](gathering_database::Error::Conflict).
    pub const fn expecting(mut self, rows: u64) -> Self {
        self.want = Some(rows);
        self
    }

    /// Runs inside a transaction and says how many rows were touched.
    pub fn run_in(self, tx: &mut Tx<'_>) -> Result<u64> {
        match self.want {
            Some(rows) => tx.execute_expecting(rows, self.sql, self.params).map(|()| rows),
            None => tx.execute(self.sql, self.params),
        }
    }
}

impl From<Write> for Statement {
    fn from(write: Write) -> Self {
        let statement = Self::new(write.sql, write.params);
        match write.want {
            Some(rows) => statement.expecting(rows),
            None => statement,
        }
    }
}

/// A statement as the program declares it, for the test that prepares each on both engines.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// Where it is declared.
    pub name: &'static str,
    /// Its text.
    pub sql: Sql,
    /// The columns that its row type reads; empty if it returns none, or reads by position.
    pub columns: &'static [&'static str],
}

/// Declares the statements of a noun: `NAME = Sql::both("…");`, with `-> Row` where rows come back.
/// Each becomes a constant, and all of them together the module's `STATEMENTS`.
macro_rules! statements {
    ($($(#[$meta:meta])* $name:ident $(-> $row:ty)? = $sql:expr;)*) => {
        $($(#[$meta])* pub(crate) const $name: ::gathering_database::Sql = $sql;)*

        pub(crate) const STATEMENTS: &[$crate::statement::Declared] = &[
            $($crate::statement::Declared {
                name: concat!(module_path!(), "::", stringify!($name)),
                sql: $name,
                columns: $crate::statement::statements!(@columns $($row)?),
            }),*
        ];
    };
    (@columns) => { &[] };
    (@columns $row:ty) => { <$row as ::gathering_database::FromRow>::COLUMNS };
}

pub(crate) use statements;

/// Every statement of the program, in no order.
pub fn all() -> impl Iterator<Item = &'static Declared> {
    MODULES.iter().copied().flatten()
}

/// The statements of each noun. A module that declares some adds itself here.
const MODULES: &[&[Declared]] = &[
    crate::api_keys::STATEMENTS,
    crate::approvals::STATEMENTS,
    crate::artifacts::STATEMENTS,
    crate::audit::STATEMENTS[0],
    crate::audit::STATEMENTS[1],
    crate::audit::STATEMENTS[2],
    crate::audit::STATEMENTS[3],
    crate::blobs::STATEMENTS,
    crate::budgets::STATEMENTS,
    crate::budgets::grants::STATEMENTS,
    crate::channels::STATEMENTS,
    crate::cursors::STATEMENTS,
    crate::definitions::STATEMENTS,
    crate::deliveries::STATEMENTS,
    crate::expired::STATEMENTS,
    crate::hooks::STATEMENTS,
    crate::hooks::DELIVERY_STATEMENTS,
    crate::idempotency::STATEMENTS,
    crate::inbox::STATEMENTS,
    crate::instances::STATEMENTS,
    crate::invitations::STATEMENTS,
    crate::ledger::STATEMENTS,
    crate::log::STATEMENTS,
    crate::log::batch::STATEMENTS,
    crate::memberships::STATEMENTS,
    crate::migrations::STATEMENTS,
    crate::moving::STATEMENTS,
    crate::names::STATEMENTS,
    crate::projection::STATEMENTS,
    crate::projects::STATEMENTS,
    crate::providers::STATEMENTS,
    crate::quotas::STATEMENTS,
    crate::restored::STATEMENTS,
    crate::retention::STATEMENTS,
    crate::retention::PARTS[0],
    crate::retention::PARTS[1],
    crate::retention::PARTS[2],
    crate::retention::PARTS[3],
    crate::retention::PARTS[4],
    crate::retention::PARTS[5],
    crate::runs::STATEMENTS,
    crate::runs::FAMILY_STATEMENTS,
    crate::runs::LANE_STATEMENTS,
    crate::runs::PLACE_STATEMENTS,
    crate::runs::PRIVATE_STATEMENTS,
    crate::runs::USAGE_STATEMENTS,
    crate::secrets::STATEMENTS,
    crate::schedules::STATEMENTS,
    crate::schedules::fires::STATEMENTS,
    crate::sessions::STATEMENTS,
    crate::starters::STATEMENTS,
    crate::threads::STATEMENTS,
    crate::triggers::STATEMENTS,
    crate::triggers::FIRING_STATEMENTS,
    crate::users::STATEMENTS,
    crate::webhooks::STATEMENTS,
];
