//! Reads all rows of a table on a reader thread.

use rusqlite::{Connection, Row};

use super::errors::sort;
use super::statements::cell;
use crate::scan::Batch;
use crate::{Cell, Error, Result, Table, Value, limits};

/// A value that PostgreSQL could not hold, or that is of another type than its column.
#[derive(Debug, thiserror::Error)]
#[error(
    "row {row} of table `{table}` holds {found} in column `{column}`, which that column cannot hold"
)]
struct Misfit {
    table: String,
    column: String,
    row: u64,
    found: &'static str,
}

/// Sends all rows, in batches, until nobody takes them any more.
pub(crate) fn scan(connection: &Connection, table: &Table, to: &flume::Sender<Result<Batch>>) {
    if let Err(error) = read(connection, table, to) {
        // Whoever has dropped the other end does not want to know.
        let _ = to.send(Err(error));
    }
}

fn read(connection: &Connection, table: &Table, to: &flume::Sender<Result<Batch>>) -> Result<()> {
    let fail = |error| sort(connection, "read a table", error);
    let mut statement = connection.prepare(&table.select()).map_err(fail)?;
    let mut rows = statement.raw_query();
    let (mut batch, mut weight, mut number) = (Batch::new(), 0, 0);
    while let Some(row) = rows.next().map_err(fail)? {
        number += 1;
        let values = values(row, table, number)?;
        weight += values.iter().map(Value::weight).sum::<usize>();
        batch.push(values);
        if batch.len() >= limits::SCAN_ROWS || weight >= limits::SCAN_BYTES {
            weight = 0;
            if to.send(Ok(std::mem::take(&mut batch))).is_err() {
                return Ok(());
            }
        }
    }
    if !batch.is_empty() {
        let _ = to.send(Ok(batch));
    }
    Ok(())
}

fn values(row: &Row<'_>, table: &Table, number: u64) -> Result<Vec<Value>> {
    let of_column = |(index, column): (usize, &crate::TableColumn)| {
        let cell = cell(row, index)?;
        let misfit = || Misfit {
            table: table.name.clone(),
            column: column.name.clone(),
            row: number,
            found: if matches!(cell, Cell::Broken(_)) { "broken text" } else { cell.kind() },
        };
        let value = match cell {
            // Nothing may be lost in silence.
            Cell::Broken(_) => None,
            cell => column.kind.fit(cell.to_value()),
        };
        value.ok_or_else(|| Error::other("read a table", misfit()))
    };
    table.columns.iter().enumerate().map(of_column).collect()
}
