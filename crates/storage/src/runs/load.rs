//! A run as its owner folds it: row, journal and inbox of one moment.

use gathering_database::{Database, Reader, params};
use gathering_domain::RunId;
use gathering_engine::Entry;

use super::{RunRow, find_run};
use crate::Result;
use crate::inbox::{InboxRow, list_inbox};
use crate::log::read::{LogRow, read_entry, read_leniently};
use crate::log::{self, StoredEntry, UnreadableEntry, decode_section, sections};
use crate::projection::{self, IndexRow, SectionsRow, read_rows};

/// Rows of the log that one query fetches.
const ROWS_PER_QUERY: usize = 256;

/// A run as its owner folds it.
#[derive(Debug, Clone)]
pub struct LoadedRun {
    /// Its row; its `pokes` are those that [`inbox`](Self::inbox) answers for.
    pub row: RunRow,
    /// Its journal, in order.
    pub entries: Vec<Entry>,
    /// What it was told and has not taken in.
    pub inbox: Vec<InboxRow>,
}

/// Loads a run, all of one moment.
pub async fn load(database: &Database, run_id: RunId) -> Result<Option<LoadedRun>> {
    database
        .read(move |reader| {
            let Some(row) = find_run(run_id).first_in(reader)? else { return Ok(None) };
            let entries = read_journal(reader, run_id)?;
            let inbox = list_inbox(run_id).all_in(reader)?;
            Ok(Some(LoadedRun { row, entries, inbox }))
        })
        .await
}

/// What a run was told and has not taken in, with the number of pokes that this answers for.
pub async fn load_inbox(
    database: &Database,
    run_id: RunId,
) -> Result<Option<(Vec<InboxRow>, i64)>> {
    database
        .read(move |reader| {
            let pokes: Option<(i64,)> = reader.query_opt(super::POKES, params![run_id.uuid()])?;
            let Some((pokes,)) = pokes else { return Ok(None) };
            Ok(Some((list_inbox(run_id).all_in(reader)?, pokes)))
        })
        .await
}

/// The journal of a run, in order; empty if there is no such run.
pub async fn load_journal(database: &Database, run_id: RunId) -> Result<Vec<Entry>> {
    database.read(move |reader| read_journal(reader, run_id)).await
}

/// The journal of a run, in order, with what cannot be read in its place: for those who show it.
pub async fn load_journal_leniently(
    database: &Database,
    run_id: RunId,
) -> Result<Vec<Result<Entry, UnreadableEntry>>> {
    let seq = |entry: &Result<Entry, UnreadableEntry>| match entry {
        Ok(entry) => entry.seq,
        Err(unreadable) => unreadable.seq,
    };
    database.read(move |reader| read_each(reader, run_id, seq, read_leniently)).await
}

fn read_journal(reader: &mut Reader<'_>, run_id: RunId) -> Result<Vec<Entry>> {
    read_each(reader, run_id, |entry| entry.seq, read_entry)
}

/// Reads a journal through the index and the tail behind it, in one snapshot.
fn read_each<T>(
    reader: &mut Reader<'_>,
    run_id: RunId,
    seq: impl Fn(&T) -> u32,
    read: impl Fn(&mut Reader<'_>, RunId, &StoredEntry<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let applied: Option<(i64,)> = reader.query_opt(projection::APPLIED, Vec::new())?;
    let applied = applied.map_or(0, |(applied,)| applied);
    let indexed: Vec<IndexRow> = reader.query(projection::OF_RUN, params![run_id.uuid()])?;
    let mut rows = Vec::new();
    for index in &indexed {
        rows.extend(read_rows(run_id, index.first_row, &index.rows)?);
    }
    let bytes = run_id.uuid().into_bytes();
    let tail: Vec<SectionsRow> =
        reader.query(log::SECTIONS_OF_RUN_AFTER, params![applied, bytes.as_slice()])?;
    for row in &tail {
        if sections(row.id, &row.runs)?.any(|section| section.run_id == run_id) {
            rows.push(row.id);
        }
    }
    let mut entries = Vec::new();
    for rows in rows.chunks(ROWS_PER_QUERY) {
        let ids = serde_json::Value::from(rows);
        let rows: Vec<LogRow> = reader.query(log::ROWS, params![ids])?;
        for row in &rows {
            for section in sections(row.id, &row.runs)? {
                if section.run_id == run_id {
                    for stored in decode_section(row.id, &section, &row.entries)? {
                        entries.push(read(reader, run_id, &stored)?);
                    }
                }
            }
        }
    }
    entries.sort_by_key(seq);
    Ok(entries)
}
