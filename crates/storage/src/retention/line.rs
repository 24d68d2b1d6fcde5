//! The line of the log: what is below it is read from the archive, and dropped from the log.

use std::collections::HashSet;

use gathering_database::{Database, Error as DatabaseError, Reader, Sql, Unit, params};
use gathering_domain::{RunId, Timestamp};
use uuid::Uuid;

use super::{list, of_ids};
use crate::log::{self, LogTail, archive::without, decode_section, read::LogRow, sections};
use crate::projection::{self, SectionsRow};
use crate::statement::statements;
use crate::{Position, Result};

/// Rows of the log that one step passes at most.
const ROWS: i64 = 512;
/// Bytes of kept entries that one step copies, except that a row is never cut.
const BYTES: u64 = 4 * 1024 * 1024;
/// Rows are passed once so small a part of their bytes belongs to kept runs, or once they are old.
const SMALL_PART: u64 = 4;
/// Runs that one query asks for.
const RUNS_AT_ONCE: usize = 2_000;
/// Rows that one step drops.
const DROPPED_AT_ONCE: i64 = 512;

statements! {
    RAISE = Sql::both(
        "UPDATE projections SET applied = $2 WHERE name = 'log_line' AND applied = $1"
    );
    ARCHIVE = Sql::both(
        "INSERT INTO log_archive (id, count, runs, entries) VALUES ($1, $2, $3, $4)"
    );
    /// The least of what those who act on events have dealt with.
    FOLLOWED = Sql::both("SELECT MIN(position) FROM cursors");
    SECTIONS -> SectionsRow = Sql::both(
        "SELECT id, runs FROM log WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3"
    );
    ROW -> LogRow = Sql::both("SELECT id, runs, entries FROM log WHERE id = $1");
    THERE -> (Uuid,) = of_ids!("SELECT id FROM runs WHERE id IN", "");
    DROP_ROWS = Sql::both(concat!(
        "DELETE FROM log WHERE id IN (SELECT id FROM log WHERE id <= ", log::line!(), " ORDER BY id LIMIT $1)"
    ));
}

/// What a step has passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// Rows of the log.
    pub rows: u64,
    /// Those of them of which something was copied into the archive.
    pub archived: u64,
}

/// What a step is about to do.
struct Step {
    from: i64,
    upto: i64,
    rows: u64,
    kept: Vec<(i64, i64, Vec<u8>, Vec<u8>)>,
}

/// The last row of the log that is as good as gone.
pub async fn log_line(database: &Database) -> Result<i64> {
    let line: Option<(i64,)> = database.query_opt(log::LINE, Vec::new()).await?;
    Ok(line.map_or(0, |(line,)| line))
}

/// Raises the line over the next rows, if little of them belongs to kept runs, or if nothing in them was
/// written after `old`. Nothing once it can rise no further now, or if somebody else has raised it.
///
/// Rows stay that are not indexed, or that somebody who acts on events has not dealt with, and the last
/// one of all: it says where the log ends.
pub async fn advance_line(
    database: &Database,
    tail: &LogTail,
    old: Timestamp,
) -> Result<Option<Passed>> {
    let last = tail.last_row() - 1;
    let Some(step) = database.read(move |reader| plan(reader, last, old)).await? else {
        return Ok(None);
    };
    let Step { from, upto, rows, kept } = step;
    let archived = kept.len() as u64;
    let mut unit = Unit::new().expect(1, RAISE, params![from, upto]);
    for (id, count, runs, entries) in kept {
        unit = unit.run(ARCHIVE, params![id, count, runs, entries]);
    }
    match database.apply(unit).await {
        Ok(_) => Ok(Some(Passed { rows, archived })),
        Err(DatabaseError::Conflict { .. } | DatabaseError::Unique { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn plan(reader: &mut Reader<'_>, last: i64, old: Timestamp) -> Result<Option<Step>> {
    let one = |reader: &mut Reader<'_>, sql| -> Result<Option<i64>> {
        let found: Option<(Option<i64>,)> = reader.query_opt(sql, Vec::new())?;
        Ok(found.and_then(|(value,)| value))
    };
    let line = one(reader, log::LINE)?.unwrap_or(0);
    let indexed = one(reader, projection::APPLIED)?.unwrap_or(0);
    let followed = one(reader, FOLLOWED)?.map_or(i64::MAX, |at| Position(at).row() - 1);
    let bound = last.min(indexed).min(followed);
    if bound <= line {
        return Ok(None);
    }
    let rows: Vec<SectionsRow> = reader.query(SECTIONS, params![line, bound, ROWS])?;
    let there = those_there(reader, &rows)?;
    let (mut upto, mut passed, mut all, mut kept) = (line, Vec::new(), 0_u64, 0_u64);
    for row in &rows {
        let mut of_row = 0;
        for section in sections(row.id, &row.runs)? {
            all += u64::from(section.bytes);
            if there.contains(&section.run_id.uuid()) {
                of_row += u64::from(section.bytes);
            }
        }
        if kept + of_row > BYTES && upto > line {
            break;
        }
        kept += of_row;
        upto = row.id;
        passed.push((row.id, of_row > 0));
    }
    let whole = passed.len() == rows.len();
    if whole && i64::try_from(rows.len()).is_ok_and(|count| count < ROWS) {
        // Rows whose transaction failed leave gaps, also at the end.
        upto = bound;
    }
    let small = kept.saturating_mul(SMALL_PART) <= all;
    if !small
        && let Some((row, _)) = passed.last()
        && written_at(reader, *row)?.is_none_or(|at| at > old)
    {
        return Ok(None);
    }
    let mut copies = Vec::new();
    for (id, _) in passed.iter().filter(|(_, is_kept)| *is_kept) {
        let Some(row) = reader.query_opt::<LogRow>(ROW, params![*id])? else { continue };
        let count: usize =
            sections(row.id, &row.runs)?.map(|section| usize::from(section.count)).sum();
        if let Some((runs, entries)) = without(&row, |run| there.contains(&run.uuid()))? {
            copies.push((*id, i64::try_from(count).unwrap_or(i64::MAX), runs, entries));
        }
    }
    Ok(Some(Step { from: line, upto, rows: passed.len() as u64, kept: copies }))
}

/// Which of the runs of these rows there are.
fn those_there(reader: &mut Reader<'_>, rows: &[SectionsRow]) -> Result<HashSet<Uuid>> {
    let mut named: HashSet<RunId> = HashSet::new();
    for row in rows {
        named.extend(sections(row.id, &row.runs)?.map(|section| section.run_id));
    }
    let named: Vec<Uuid> = named.into_iter().map(RunId::uuid).collect();
    let mut there = HashSet::new();
    for named in named.chunks(RUNS_AT_ONCE) {
        let found: Vec<(Uuid,)> = reader.query(THERE, params![list(named.iter().copied())])?;
        there.extend(found.into_iter().map(|(run,)| run));
    }
    Ok(there)
}

/// When the last entry of a row was written.
fn written_at(reader: &mut Reader<'_>, row: i64) -> Result<Option<Timestamp>> {
    let Some(row) = reader.query_opt::<LogRow>(ROW, params![row])? else { return Ok(None) };
    let mut last = None;
    for section in sections(row.id, &row.runs)? {
        let entries = decode_section(row.id, &section, &row.entries)?;
        last = last.max(entries.last().map(|entry| entry.at));
    }
    Ok(last)
}

/// Drops some of what lies below the line; says how many rows went.
pub async fn drop_below_line(database: &Database) -> Result<u64> {
    let unit = Unit::new().run(DROP_ROWS, params![DROPPED_AT_ONCE]);
    Ok(database.apply(unit).await?.count(0))
}
