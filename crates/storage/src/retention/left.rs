//! What is left of runs that are gone: payloads, entries in the archive, rows of the journal index.

use gathering_database::{Database, Error as DatabaseError, Reader, Sql, Unit, params};
use gathering_domain::{RunId, Timestamp};
use uuid::Uuid;

use crate::log::{self, archive::without, read::LogRow};
use crate::runs::journal::rows_of;
use crate::statement::statements;
use crate::{BlobHash, Result};

/// Runs that one step clears.
const RUNS: u32 = 50;
/// Payloads that one transaction looks at.
const BLOBS: u32 = 200;
/// Rows of the archive that one transaction writes anew.
const ROWS: usize = 16;

statements! {
    REMOVED -> (Uuid,) = Sql::both(
        "SELECT run_id FROM removed_runs WHERE removed_at <= $1 ORDER BY removed_at, run_id LIMIT $2"
    );
    HASHES -> (Vec<u8>,) = Sql::both("SELECT hash FROM blob_refs WHERE run_id = $1 ORDER BY hash LIMIT $2");
    /// Whoever stores one of these payloads again holds it until the commit, in this order. What follows
    /// sees to whom they belong by then.
    HOLD_BLOBS = Sql::each(
        "SELECT 1 WHERE $1 IS NULL",
        "SELECT 1 FROM blobs WHERE hash IN (SELECT decode(value, 'hex') FROM \
           jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb))) ORDER BY hash FOR UPDATE",
    );
    FORGET_REFS = Sql::each(
        "DELETE FROM blob_refs WHERE run_id = $2 AND hash IN (SELECT unhex(value) FROM json_each($1))",
        "DELETE FROM blob_refs WHERE run_id = $2 AND hash IN (SELECT decode(value, 'hex') FROM \
           jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb)))",
    );
    DELETE_BLOBS = Sql::each(
        "DELETE FROM blobs WHERE hash IN (SELECT unhex(value) FROM json_each($1)) \
           AND NOT EXISTS (SELECT 1 FROM blob_refs WHERE blob_refs.hash = blobs.hash) \
           AND NOT EXISTS (SELECT 1 FROM artifacts WHERE artifacts.hash = blobs.hash)",
        "DELETE FROM blobs WHERE hash IN (SELECT decode(value, 'hex') FROM \
             jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb))) \
           AND NOT EXISTS (SELECT 1 FROM blob_refs WHERE blob_refs.hash = blobs.hash) \
           AND NOT EXISTS (SELECT 1 FROM artifacts WHERE artifacts.hash = blobs.hash)",
    );
    ARCHIVED -> LogRow = Sql::each(
        "SELECT id, runs, entries FROM log_archive WHERE id IN (SELECT value FROM json_each($1))",
        "SELECT id, runs, entries FROM log_archive WHERE id IN (SELECT CAST(value AS bigint) FROM \
           jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb)))",
    );
    REWRITE = Sql::both("UPDATE log_archive SET runs = $3, entries = $4 WHERE id = $1 AND runs = $2");
    DELETE_ROW = Sql::both("DELETE FROM log_archive WHERE id = $1 AND runs = $2");
    FORGET_INDEX = Sql::both("DELETE FROM journal_index WHERE run_id = $1");
    FORGET = Sql::both("DELETE FROM removed_runs WHERE run_id = $1");
}

/// What a step has cleared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Runs of which nothing is left.
    pub runs: u64,
    /// Payloads that nobody referred to any more.
    pub blobs: u64,
    /// Whether there are more runs to clear.
    pub more: bool,
}

/// Clears what is left of some of the runs that were removed by then.
pub async fn clear_removed(database: &Database, by: Timestamp) -> Result<Cleared> {
    let removed: Vec<(Uuid,)> = database.query(REMOVED, params![by.micros(), RUNS]).await?;
    let mut cleared = Cleared { more: removed.len() == RUNS as usize, ..Cleared::default() };
    for (run,) in removed {
        cleared.blobs += clear_blobs(database, run).await?;
        if clear_archive(database, RunId::from_uuid(run)).await? {
            let unit = Unit::new().run(FORGET_INDEX, params![run]).run(FORGET, params![run]);
            database.apply(unit).await?;
            cleared.runs += 1;
        }
    }
    Ok(cleared)
}

async fn clear_blobs(database: &Database, run: Uuid) -> Result<u64> {
    let mut deleted = 0;
    loop {
        let hashes: Vec<(Vec<u8>,)> = database.query(HASHES, params![run, BLOBS]).await?;
        if hashes.is_empty() {
            return Ok(deleted);
        }
        let hashes = hashes.iter().filter_map(|(hash,)| BlobHash::from_slice(hash));
        let these: Vec<String> = hashes.map(|hash| hash.to_string()).collect();
        let these = serde_json::Value::from(these).to_string();
        let unit = Unit::new()
            .run(HOLD_BLOBS, params![these.as_str()])
            .run(FORGET_REFS, params![these.as_str(), run])
            .run(DELETE_BLOBS, params![these]);
        deleted += database.apply(unit).await?.count(2);
    }
}

/// Takes the entries of a run out of the archive; false if somebody else writes there as well.
async fn clear_archive(database: &Database, run: RunId) -> Result<bool> {
    loop {
        let rows = database.read(move |reader| archived(reader, run)).await?;
        if rows.is_empty() {
            return Ok(true);
        }
        let mut unit = Unit::new();
        for row in rows {
            let before = row.runs.clone();
            unit = match without(&row, |id| id != run)? {
                Some((runs, entries)) => {
                    unit.expect(1, REWRITE, params![row.id, before, runs, entries])
                }
                None => unit.expect(1, DELETE_ROW, params![row.id, before]),
            };
        }
        match database.apply(unit).await {
            Ok(_) => {}
            Err(DatabaseError::Conflict { .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Some rows of the archive that hold entries of a run.
fn archived(reader: &mut Reader<'_>, run: RunId) -> Result<Vec<LogRow>> {
    let line: Option<(i64,)> = reader.query_opt(log::LINE, Vec::new())?;
    let line = line.map_or(0, |(line,)| line);
    let rows = rows_of(reader, run, 0, usize::MAX)?;
    let below: Vec<i64> = rows.into_iter().filter(|row| *row <= line).collect();
    let mut found = Vec::new();
    for rows in below.chunks(ROWS) {
        let rows: Vec<LogRow> =
            reader.query(ARCHIVED, params![serde_json::Value::from(rows).to_string()])?;
        for row in rows {
            if log::sections(row.id, &row.runs)?.any(|section| section.run_id == run) {
                found.push(row);
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    Ok(found)
}
