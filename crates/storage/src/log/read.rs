//! Reads the log in its own order, for subscribers: what is final, from any position.

use std::borrow::Cow;

use gathering_database::{Database, Reader, params, row};
use gathering_domain::{ProjectId, RunId, Timestamp};
use gathering_engine::Entry;

use super::append::Position;
use super::frame::{Body, Section, StoredEntry, decode_section, sections};
use super::tail::LogTail;
use crate::blobs;
use crate::{Result, StorageError, log, runs};

/// Rows of the log that one read looks at.
const ROWS_PER_READ: usize = 256;

/// An entry with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    /// Its place.
    pub position: Position,
    /// Whose it is.
    pub run_id: RunId,
    /// The run's project.
    pub project_id: ProjectId,
    /// What happened, where it can be read.
    pub entry: Result<Entry, UnreadableEntry>,
}

/// An entry that is there and that this program cannot read. Readers say so in its place and go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableEntry {
    /// Its place in its run's journal.
    pub seq: u32,
    /// When it was written.
    pub at: Timestamp,
    /// What is wrong with it.
    pub why: String,
}

/// Which entries are wanted; an absent filter lets all through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Of this project.
    pub project_id: Option<ProjectId>,
    /// Of this run.
    pub run_id: Option<RunId>,
}

/// A part of the log.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogPage {
    /// The entries that pass the filter, in order.
    pub entries: Vec<LogEntry>,
    /// Where to go on; every entry up to here was looked at.
    pub next: Position,
    /// Whether there is more to read now.
    pub more: bool,
    /// Where the log begins, if what follows the position that was asked for is not all there any more.
    pub gone: Option<Position>,
}

row! {
    /// A row of the log.
    pub(crate) struct LogRow {
        pub(crate) id: i64,
        pub(crate) runs: bytes::Bytes,
        pub(crate) entries: bytes::Bytes,
    }
}

/// Reads entries after a position, up to the last final row. `limit` bounds the entries, except that a
/// row is never cut.
pub async fn read_log(
    database: &Database,
    tail: &LogTail,
    after: Position,
    limit: usize,
    filter: LogFilter,
) -> Result<LogPage> {
    let last = tail.last_row();
    if after >= Position::of(last + 1, 0) || last == 0 {
        return Ok(LogPage { next: after, ..LogPage::default() });
    }
    database.read(move |reader| read_page(reader, last, after, limit, filter)).await
}

fn read_page(
    reader: &mut Reader<'_>,
    last: i64,
    after: Position,
    limit: usize,
    filter: LogFilter,
) -> Result<LogPage> {
    // The row of the position itself may have entries behind it.
    let from = after.row() - 1;
    let rows: Vec<LogRow> = reader.query(
        log::ROWS_AFTER,
        params![from, last, i64::try_from(ROWS_PER_READ).unwrap_or(i64::MAX)],
    )?;
    let mut page = LogPage { next: after, ..LogPage::default() };
    if rows.first().is_none_or(|row| row.id > from + 1) {
        let line: Option<(i64,)> = reader.query_opt(log::LINE, Vec::new())?;
        let begins = line.map_or(Position(0), |(line,)| last_of(line));
        if after < begins {
            // Who asks for the beginning of the log misses nothing that they were told of.
            page.gone = (after.0 > 0).then_some(begins);
            page.next = begins;
        }
    }
    // Rows whose transaction failed leave gaps, which are as good as read.
    page.more = rows.len() == ROWS_PER_READ;
    for row in &rows {
        if page.entries.len() >= limit {
            page.more = true;
            return Ok(page);
        }
        for section in sections(row.id, &row.runs)? {
            if filter.lets_through(&section) {
                read_section(reader, row, &section, after, &mut page.entries)?;
            }
        }
        page.next = page.next.max(last_of(row.id));
    }
    if !page.more {
        page.next = page.next.max(last_of(last));
    }
    Ok(page)
}

/// The last position of a row.
const fn last_of(row: i64) -> Position {
    if row == 0 { Position(0) } else { Position(Position::of(row + 1, 0).0 - 1) }
}

/// Reads the entries of a section that stand after a position. Of a run that is gone, what stands in
/// payloads may be gone as well, and is left out.
pub(crate) fn read_section(
    reader: &mut Reader<'_>,
    row: &LogRow,
    section: &Section,
    after: Position,
    out: &mut Vec<LogEntry>,
) -> Result<()> {
    let stored = decode_section(row.id, section, &row.entries)?;
    let mut is_there = None;
    for (index, stored) in stored.iter().enumerate() {
        let position = Position::of(row.id, section.index + index);
        if position > after {
            if matches!(stored.body, Body::Blob(_)) {
                let there = match is_there {
                    Some(there) => there,
                    None => runs::is_there(section.run_id).first_in(reader)?.is_some(),
                };
                is_there = Some(there);
                if !there {
                    continue;
                }
            }
            let entry = read_leniently(reader, section.run_id, stored)?;
            out.push(LogEntry {
                position,
                run_id: section.run_id,
                project_id: section.project_id,
                entry,
            });
        }
    }
    Ok(())
}

/// Reads an entry, and its blob if it has one.
pub(crate) fn read_entry(
    reader: &mut Reader<'_>,
    run_id: RunId,
    stored: &StoredEntry<'_>,
) -> Result<Entry> {
    stored.read(run_id, &body(reader, stored)?)
}

/// Reads an entry; one that cannot be read is no failure of the read.
pub(crate) fn read_leniently(
    reader: &mut Reader<'_>,
    run_id: RunId,
    stored: &StoredEntry<'_>,
) -> Result<Result<Entry, UnreadableEntry>> {
    read_measured(reader, run_id, stored).map(|(entry, _)| entry)
}

/// The same, with the bytes of its body.
pub(crate) fn read_measured(
    reader: &mut Reader<'_>,
    run_id: RunId,
    stored: &StoredEntry<'_>,
) -> Result<(Result<Entry, UnreadableEntry>, usize)> {
    let read = body(reader, stored).and_then(|body| Ok((stored.read(run_id, &body)?, body.len())));
    match read {
        Ok((entry, bytes)) => Ok((Ok(entry), bytes)),
        Err(error @ (StorageError::Corrupt { .. } | StorageError::NewerEntry { .. })) => {
            let (seq, at, why) = (stored.seq, stored.at, error.to_string());
            tracing::error!(run.id = %run_id, seq, why, "stepping over an entry that cannot be read");
            Ok((Err(UnreadableEntry { seq, at, why }), 0))
        }
        Err(error) => Err(error),
    }
}

/// What an entry says, from its blob if it has one.
fn body<'a>(reader: &mut Reader<'_>, stored: &StoredEntry<'a>) -> Result<Cow<'a, [u8]>> {
    match stored.body {
        Body::Json(json) => Ok(Cow::Borrowed(json)),
        Body::Blob(hash) => blobs::load(reader, hash).map(Cow::Owned),
    }
}

impl LogFilter {
    fn lets_through(&self, section: &Section) -> bool {
        self.project_id.is_none_or(|id| id == section.project_id)
            && self.run_id.is_none_or(|id| id == section.run_id)
    }
}
