//! The journal of a run: whole, or a part of it, through the index and the tail behind it.

use gathering_database::{Database, Reader, params};
use gathering_domain::RunId;
use gathering_engine::Entry;

use crate::Result;
use crate::log::read::{LogRow, read_entry, read_leniently, read_measured};
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
    let first = Position::default();
    let entries = database
        .read(move |reader| read_part(reader, run_id, first, usize::MAX, all(read_leniently)))
        .await?;
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}

/// Entries of a run, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalPage {
    /// With what cannot be read in its place.
    pub entries: Vec<(Position, Result<Entry, UnreadableEntry>)>,
    /// Whether there are further ones.
    pub more: bool,
}

/// At most `limit` entries of a run behind a place, in order: fewer once their bodies have
/// `most_bytes` together, but one at least. Reads no row of the log that it does not need.
pub async fn load_journal_page(
    database: &Database,
    run_id: RunId,
    after: Position,
    limit: usize,
    most_bytes: usize,
) -> Result<JournalPage> {
    let read = move |reader: &mut Reader<'_>| {
        let (mut bytes, mut count, mut more) = (0_usize, 0, false);
        let within = |reader: &mut Reader<'_>, run_id, stored: &StoredEntry<'_>| {
            more = count == limit || bytes >= most_bytes;
            if more {
                return Ok(None);
            }
            let (entry, size) = read_measured(reader, run_id, stored)?;
            (bytes, count) = (bytes.saturating_add(size), count + 1);
            Ok(Some(entry))
        };
        // One more than asked for tells whether there are more.
        let entries = read_part(reader, run_id, after, limit.saturating_add(1), within)?;
        Ok(JournalPage { entries, more })
    };
    database.read(read).await
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
    read_part(reader, run_id, after, usize::MAX, all(read_entry))
}

pub(super) fn read_first(reader: &mut Reader<'_>, run_id: RunId) -> Result<Option<Entry>> {
    let first = read_part(reader, run_id, Position::default(), 1, all(read_entry))?;
    Ok(first.into_iter().next().map(|(_, entry)| entry))
}

/// Reads every entry that it is shown.
fn all<T>(
    read: impl Fn(&mut Reader<'_>, RunId, &StoredEntry<'_>) -> Result<T>,
) -> impl FnMut(&mut Reader<'_>, RunId, &StoredEntry<'_>) -> Result<Option<T>> {
    move |reader, run_id, stored| read(reader, run_id, stored).map(Some)
}

/// Reads at most `limit` entries behind a place, in one snapshot, until `read` wants no more. The rows of
/// a run follow each other as its entries do: nothing of it is written before what was written last is
/// settled.
fn read_part<T>(
    reader: &mut Reader<'_>,
    run_id: RunId,
    after: Position,
    limit: usize,
    mut read: impl FnMut(&mut Reader<'_>, RunId, &StoredEntry<'_>) -> Result<Option<T>>,
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
                        let Some(entry) = read(reader, run_id, stored)? else {
                            return Ok(entries);
                        };
                        entries.push((position, entry));
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
