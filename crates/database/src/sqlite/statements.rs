//! Runs single statements on a SQLite connection.

use std::fmt::Write as _;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ToSql};

use super::errors::sort;
use crate::row::Source;
use crate::unit::{Outcome, Rows, Statement};
use crate::{Cell, Engine, Error, FromRow, Prepared, Result, Row, Sql, Value};

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Bool(v) => ValueRef::Integer(i64::from(*v)),
            Self::Int(v) => ValueRef::Integer(*v),
            Self::Real(v) => ValueRef::Real(*v),
            Self::Text(v) => ValueRef::Text(v.as_bytes()),
            Self::Bytes(v) => ValueRef::Blob(v),
            Self::Uuid(v) => ValueRef::Blob(v.as_bytes()),
        }))
    }
}

/// A field of a row.
pub(crate) fn cell<'a>(row: &'a rusqlite::Row<'_>, index: usize) -> Result<Cell<'a>> {
    Ok(match row.get_ref(index).map_err(|error| Error::other("read a column", error))? {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(v) => Cell::Int(v),
        ValueRef::Real(v) => Cell::Real(v),
        ValueRef::Text(v) => std::str::from_utf8(v).map_or(Cell::Broken(v), Cell::Text),
        ValueRef::Blob(v) => Cell::Bytes(v),
    })
}

/// All rows of a query.
pub(crate) fn query<T: FromRow>(
    connection: &Connection,
    sql: Sql,
    params: &[Value],
) -> Result<Vec<T>> {
    let mut found = Vec::new();
    each_row(connection, sql, params, |row| {
        found.push(T::from_row(&Row(Source::Sqlite(row)))?);
        Ok(())
    })?;
    Ok(found)
}

/// True if a query has a row.
pub(crate) fn exists(connection: &Connection, sql: Sql, params: &[Value]) -> Result<bool> {
    let mut found = false;
    each_row(connection, sql, params, |_| {
        found = true;
        Ok(())
    })?;
    Ok(found)
}

/// Runs a statement. What it returns counts as touched.
pub(crate) fn execute(connection: &Connection, statement: &Statement) -> Result<Outcome> {
    let mut kept = Vec::new();
    let count = each_row(connection, statement.sql, &statement.params, |row| {
        if statement.returning {
            let columns = row.as_ref().column_count();
            kept.push(
                (0..columns)
                    .map(|index| Ok(cell(row, index)?.to_value()))
                    .collect::<Result<_>>()?,
            );
        }
        Ok(())
    })?;
    let rows = if statement.returning { Rows::Values(kept) } else { Rows::None };
    Ok(Outcome { count, rows })
}

/// Runs several statements, which must leave the transaction as it is.
pub(crate) fn script(connection: &Connection, text: &str) -> Result<()> {
    connection.execute_batch(text).map_err(|error| sort(connection, "run a script", error))
}

/// Prepares a statement without running it.
pub(crate) fn prepare_check(connection: &Connection, sql: Sql) -> Result<Prepared> {
    let text = sql.text(Engine::Sqlite);
    let statement =
        connection.prepare(text).map_err(|error| sort(connection, "prepare a statement", error))?;
    Ok(Prepared {
        parameters: statement.parameter_count(),
        columns: statement.column_names().map(str::to_owned).collect(),
    })
}

/// Runs a statement to its end; the result is the number of rows returned, or touched if it returns none.
fn each_row(
    connection: &Connection,
    sql: Sql,
    params: &[Value],
    mut visit: impl FnMut(&rusqlite::Row<'_>) -> Result<()>,
) -> Result<u64> {
    let fail = |error| sort(connection, "run a statement", error);
    let mut statement = connection.prepare_cached(sql.text(Engine::Sqlite)).map_err(fail)?;
    bind(&mut statement, sql, params).map_err(fail)?;
    let returns_rows = statement.column_count() > 0;
    let mut rows = statement.raw_query();
    let mut count = 0;
    while let Some(row) = rows.next().map_err(fail)? {
        count += 1;
        visit(row)?;
    }
    Ok(if returns_rows { count } else { connection.changes() })
}

/// Binds `$1`, `$2`, … by name: SQLite numbers parameters by their first appearance in the text. Only a
/// text for SQLite alone may leave some out.
fn bind(statement: &mut CachedStatement<'_>, sql: Sql, params: &[Value]) -> rusqlite::Result<()> {
    let expected = if sql.is_shared() { params.len() } else { statement.parameter_count() };
    let expected = expected.max(statement.parameter_count());
    let mut bound = 0;
    let mut name = String::with_capacity(4);
    for (position, value) in params.iter().enumerate() {
        name.clear();
        // Writing into a string cannot fail.
        let _ = write!(name, "${}", position + 1);
        if let Some(index) = statement.parameter_index(&name)? {
            statement.raw_bind_parameter(index, value)?;
            bound += 1;
        }
    }
    if bound == expected {
        Ok(())
    } else {
        Err(rusqlite::Error::InvalidParameterCount(bound, expected))
    }
}
