//! A run as its owner folds it: row, journal and inbox of one moment.

use gathering_database::{Database, params};
use gathering_domain::RunId;
use gathering_engine::Entry;

use super::journal::{read_first, read_journal, read_since};
use super::{RunRow, find_run};
use crate::Result;
use crate::inbox::{InboxRow, list_inbox};
use crate::log::Position;

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

/// What is new of a run for somebody who knows the beginning of its journal.
#[derive(Debug, Clone)]
pub struct RunGlance {
    /// Its row.
    pub row: RunRow,
    /// The first entry of its journal.
    pub first: Option<Entry>,
    /// Where the journal goes on from what is known, in order.
    pub since: Vec<(Position, Entry)>,
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

/// The first entry of a run.
pub async fn load_first(database: &Database, run_id: RunId) -> Result<Option<Entry>> {
    database.read(move |reader| read_first(reader, run_id)).await
}

/// Loads what is new of a run since a place in its journal, all of one moment.
pub async fn glance(
    database: &Database,
    run_id: RunId,
    known: Position,
) -> Result<Option<RunGlance>> {
    database
        .read(move |reader| {
            let Some(row) = find_run(run_id).first_in(reader)? else { return Ok(None) };
            let since = read_since(reader, run_id, known)?;
            let first = match since.first() {
                Some((_, entry)) if entry.seq == 0 => Some(entry.clone()),
                _ => read_first(reader, run_id)?,
            };
            let inbox = list_inbox(run_id).all_in(reader)?;
            Ok(Some(RunGlance { row, first, since, inbox }))
        })
        .await
}
