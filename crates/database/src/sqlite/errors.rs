//! Sorts SQLite's errors into ours.

use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, ffi};

use crate::Error;

/// Sorts the error of a statement; `connection` is asked for the name of a violated constraint.
pub(crate) fn sort(
    connection: &Connection,
    attempted: &'static str,
    error: rusqlite::Error,
) -> Error {
    let Some(failure) = error.sqlite_error() else { return Error::other(attempted, error) };
    match (failure.code, failure.extended_code) {
        (
            _,
            ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID,
        ) => {
            let primary = failure.extended_code != ffi::SQLITE_CONSTRAINT_UNIQUE;
            let constraint = unique_constraint(connection, &message(&error), primary);
            Error::Unique { constraint, source: Arc::new(error) }
        }
        (_, ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => {
            Error::ForeignKey { constraint: None, source: Arc::new(error) }
        }
        (ErrorCode::ConstraintViolation, _) => {
            let constraint =
                message(&error).split_once("failed: ").map(|(_, name)| name.to_owned());
            Error::Constraint { constraint, source: Arc::new(error) }
        }
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => {
            Error::Busy { waited_for: "a lock of the database file", source: Some(Arc::new(error)) }
        }
        (
            ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::CannotOpen,
            _,
        ) => Error::Fatal { source: Arc::new(error) },
        _ => Error::other(attempted, error),
    }
}

fn message(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    }
}

/// The name that PostgreSQL would give to the violated constraint.
///
/// SQLite tells `UNIQUE constraint failed: table.a, table.b`, or `index 'name'` for an index on an
/// expression.
fn unique_constraint(connection: &Connection, message: &str, primary: bool) -> String {
    let columns = message.split_once("failed: ").map_or(message, |(_, columns)| columns);
    if let Some(name) = columns.strip_prefix("index '") {
        return name.trim_end_matches('\'').to_owned();
    }
    let mut table = "";
    let mut names = Vec::new();
    for column in columns.split(", ") {
        let (owner, name) = column.split_once('.').unwrap_or((table, column));
        table = owner;
        names.push(name);
    }
    if primary {
        return format!("{table}_pkey");
    }
    unique_index(connection, table, &names)
        .unwrap_or_else(|| format!("{table}_{}_key", names.join("_")))
}

/// The unique index, made by `CREATE UNIQUE INDEX`, on exactly these columns.
fn unique_index(connection: &Connection, table: &str, columns: &[&str]) -> Option<String> {
    let sql = "SELECT list.name FROM pragma_index_list(?1) AS list
               WHERE list.\"unique\" = 1 AND list.origin = 'c'
                 AND (SELECT group_concat(info.name, ', ' ORDER BY info.seqno)
                      FROM pragma_index_info(list.name) AS info) = ?2";
    let mut statement = connection.prepare_cached(sql).ok()?;
    statement.query_row((table, columns.join(", ")), |row| row.get(0)).ok()
}
