//! The journal of a run: whole, or a part of it, through the index and the tail behind it.

use gathering_database::{Database, Reader, params};
use gathering_domain::RunId;
use gathering_engine::Entry;

use crate::Result;
use crate::log::read::{LogRow, read_entry, read_leniently};
use crate::log::{self, Position, StoredEntry, UnreadableEntry, decode_section, sections};
use crate::projection::{self, IndexRow, SectionsRow, read_rows};

/// Rows of the log that one query fetches.
pub(crate) const ROWS_PER_QUERY: usize = 256;

/// The journal of a run, in order; empty if there is no such run.
pub async fn load_journal(database: &Database, run_id: RunId) -> Result<Vec<Entry>> {
    database.read(move |reader| read_journal(reader, run_id)).await
}

/// The journal of a run, in order, with what cannot be read in its place: for those who show it.
pub async fn load_journal_leniently(
    database: &Database,
    run_id: RunId,
) -> Result<Vec<Result<Entry, UnreadableEntry>>> {
    let page = load_journal_page(database, run_id, Position::default(), usize::MAX).await?;
    Ok(page.into_iter().map(|(_, entry)| entry).collect())
}

/// At most `limit` entries of a run behind a place, in order, with what cannot be read in its place.
/// Reads no row of the log that it does not need.
pub async fn load_journal_page(
    database: &Database,
    run_id: RunId,
    after: Position,
    limit: usize,
) -> Result<Vec<(Position, Result<Entry, UnreadableEntry>)>> {
    database.read(move |reader| read_part(reader, run_id, after, limit, read_leniently)).await
}

/// What follows a place in the journal of a run, in order.
pub async fn load_journal_since(
    database: &Database,
    run_id: RunId,
    after: Position,
) -> Result<Vec<(Position, Entry)>> {
    database.read(move |reader| read_since(reader, run_id, after)).await
}

pub(super) fn read_journal(reader: &mut Reader<'_>, run_id: RunId) -> Result<Vec<Entry>> {
    let entries = read_since(reader, run_id, Position::default())?;
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}

pub(super) fn read_since(
    reader: &mut Reader<'_>,
    run_id: RunId,
    after: Position,
) -> Result<Vec<(Position, Entry)>> {
    read_part(reader, run_id, after, usize::MAX, read_entry)
}

pub(super) fn read_first(reader: &mut Reader<'_>, run_id: RunId) -> Result<Option<Entry>> {
    let first = read_part(reader, run_id, Position::default(), 1, read_entry)?;
    Ok(first.into_iter().next().map(|(_, entry)| entry))
}

/// Reads entries behind a place, in one snapshot. The rows of a run follow each other as its entries
/// do: nothing of it is written before what was written last is settled.
fn read_part<T>(
    reader: &mut Reader<'_>,
    run_id: RunId,
    after: Position,
    limit: usize,
    read: impl Fn(&mut Reader<'_>, RunId, &StoredEntry<'_>) -> Result<T>,
) -> Result<Vec<(Position, T)>> {
    // The row of the place itself may hold more, and each further one holds at least one.
    let rows = rows_of(reader, run_id, after.row(), limit.saturating_add(1))?;
    let most = limit.saturating_add(usize::from(rows.first() == Some(&after.row())));
    let mut entries = Vec::new();
    for rows in rows.chunks(most.min(ROWS_PER_QUERY)) {
        for row in &fetch_rows(reader, rows)? {
            for section in sections(row.id, &row.runs)? {
                if section.run_id != run_id {
                    continue;
                }
                let stored = decode_section(row.id, &section, &row.entries)?;
                for (index, stored) in stored.iter().enumerate() {
                    let position = Position::of(row.id, section.index + index);
                    if position > after && entries.len() < limit {
                        entries.push((position, read(reader, run_id, stored)?));
                    }
                }
            }
        }
        if entries.len() >= limit {
            break;
        }
    }
    Ok(entries)
}

/// Which rows of the log hold entries of a run: at most `most` of them, from a row on, rising.
pub(crate) fn rows_of(
    reader: &mut Reader<'_>,
    run_id: RunId,
    from: i64,
    most: usize,
) -> Result<Vec<i64>> {
    let applied: Option<(i64,)> = reader.query_opt(projection::APPLIED, Vec::new())?;
    let applied = applied.map_or(0, |(applied,)| applied);
    // The first slice may hold none of them.
    let slices = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let indexed: Vec<IndexRow> =
        reader.query(projection::OF_RUN_FROM, params![run_id.uuid(), from, slices])?;
    let mut rows = Vec::new();
    for index in &indexed {
        let of_slice = read_rows(run_id, index.first_row, &index.rows)?;
        rows.extend(of_slice.into_iter().filter(|row| *row >= from));
    }
    if rows.len() < most {
        let behind = applied.max(from - 1);
        let bytes = run_id.uuid().into_bytes();
        let tail: Vec<SectionsRow> =
            reader.query(log::SECTIONS_OF_RUN_AFTER, params![behind, bytes.as_slice()])?;
        for row in &tail {
            if sections(row.id, &row.runs)?.any(|section| section.run_id == run_id) {
                rows.push(row.id);
            }
        }
    }
    rows.truncate(most);
    Ok(rows)
}

/// Rows of the log, rising.
pub(crate) fn fetch_rows(reader: &mut Reader<'_>, rows: &[i64]) -> Result<Vec<LogRow>> {
    Ok(reader.query(log::ROWS, params![serde_json::Value::from(rows)])?)
}
