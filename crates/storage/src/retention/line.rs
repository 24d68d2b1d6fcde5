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
    /// Partitions are dropped whole; the rest is not.
    DROP_ROWS = Sql::each(
        concat!(
            "DELETE FROM log WHERE id IN (SELECT id FROM log WHERE id <= ", log::line!(),
            " ORDER BY id LIMIT $1)"
        ),
        concat!(
            "DELETE FROM log_rest WHERE id IN (SELECT id FROM log_rest WHERE id <= ", log::line!(),
            " ORDER BY id LIMIT $1)"
        ),
    );
}

/// What a step has passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// Rows of the log.
    pub rows: u64,
    /// Those of them of which something was copied into the archive.
    pub archived: u64,
}

/// Bytes of a row's entries.
#[derive(Debug, Clone, Copy, Default)]
struct RowBytes {
    all: u64,
    /// Of runs that there are.
    kept: u64,
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
    let bytes = rows.iter().map(|row| bytes_of(row, &there)).collect::<Result<Vec<_>>>()?;
    let mut passed = little_kept(&bytes);
    if passed == 0 && !rows.is_empty() {
        passed = written_by(reader, &rows, old)?.min(few_kept(&bytes));
        if passed == 0 {
            return Ok(None);
        }
    }
    // Rows whose transaction failed leave gaps, also at the end.
    let whole = passed == rows.len() && i64::try_from(passed).is_ok_and(|count| count < ROWS);
    let upto = match rows[..passed].last() {
        Some(last) if !whole => last.id,
        _ => bound,
    };
    let mut copies = Vec::new();
    for (row, _) in rows[..passed].iter().zip(&bytes).filter(|(_, bytes)| bytes.kept > 0) {
        let Some(row) = reader.query_opt::<LogRow>(ROW, params![row.id])? else { continue };
        let count: usize =
            sections(row.id, &row.runs)?.map(|section| usize::from(section.count)).sum();
        if let Some((runs, entries)) = without(&row, |run| there.contains(&run.uuid()))? {
            copies.push((row.id, i64::try_from(count).unwrap_or(i64::MAX), runs, entries));
        }
    }
    Ok(Some(Step { from: line, upto, rows: passed as u64, kept: copies }))
}

fn bytes_of(row: &SectionsRow, there: &HashSet<Uuid>) -> Result<RowBytes> {
    let mut bytes = RowBytes::default();
    for section in sections(row.id, &row.runs)? {
        bytes.all += u64::from(section.bytes);
        if there.contains(&section.run_id.uuid()) {
            bytes.kept += u64::from(section.bytes);
        }
    }
    Ok(bytes)
}

/// How many of the first rows have little together that is kept.
fn little_kept(rows: &[RowBytes]) -> usize {
    let (mut sum, mut passed) = (RowBytes::default(), 0);
    for (number, row) in rows[..few_kept(rows)].iter().enumerate() {
        sum = RowBytes { all: sum.all + row.all, kept: sum.kept + row.kept };
        // What is kept behind the last row that goes is soon gone itself, as a rule, and need not be copied.
        if [sum, *row].iter().all(|bytes| bytes.kept.saturating_mul(SMALL_PART) <= bytes.all) {
            passed = number + 1;
        }
    }
    passed
}

/// How many of the first rows are copied in one transaction: one at least.
fn few_kept(rows: &[RowBytes]) -> usize {
    let mut kept = 0;
    let fits = rows.iter().take_while(|row| {
        kept += row.kept;
        kept <= BYTES
    });
    fits.count().max(rows.len().min(1))
}

/// How many of the first rows were written by then. Times rise with the rows, as near as it matters.
fn written_by(reader: &mut Reader<'_>, rows: &[SectionsRow], old: Timestamp) -> Result<usize> {
    let (mut by, mut after) = (0, rows.len());
    while by < after {
        let middle = by + (after - by) / 2;
        if written_at(reader, rows[middle].id)?.is_some_and(|at| at > old) {
            after = middle;
        } else {
            by = middle + 1;
        }
    }
    Ok(by)
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

/// Drops rows below the line that are in no partition; says how many went.
pub async fn drop_below_line(database: &Database) -> Result<u64> {
    let unit = Unit::new().run(DROP_ROWS, params![DROPPED_AT_ONCE]);
    Ok(database.apply(unit).await?.count(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_passed_that_have_little_together_that_is_kept() {
        let rows = |of: &[(u64, u64)]| {
            of.iter().map(|(all, kept)| RowBytes { all: *all, kept: *kept }).collect::<Vec<_>>()
        };
        for (of, passed) in [
            (&[][..], 0),
            (&[(10, 10)], 0),
            (&[(10, 0), (10, 10)], 1),
            (&[(10, 10), (30, 0), (10, 10), (5, 0)], 2),
            (&[(10, 0), (10, 0), (10, 10), (10, 0), (10, 10)], 4),
            (&[(BYTES * 8, BYTES), (BYTES, 0), (BYTES, 1), (BYTES, 0)], 2),
        ] {
            assert_eq!(little_kept(&rows(of)), passed, "{of:?}");
        }
        assert_eq!(few_kept(&rows(&[(BYTES + 1, BYTES + 1), (1, 1)])), 1);
        assert_eq!(few_kept(&rows(&[])), 0);
    }
}
