//! Counts who refers to payloads in what programs wrote that did not say so.

use std::{collections::BTreeSet, time::Duration};

use gathering_database::{Database, Error as DatabaseError, Sql, Unit, params};
use uuid::Uuid;

use crate::log::{self, Body, LogTail, decode_section, read::LogRow, sections};
use crate::statement::statements;
use crate::{BlobHash, Result};

/// Rows of the log that one step looks at.
const ROWS: i64 = 256;
/// How long a step waits until what was written by then is final.
const END_WAIT: Duration = Duration::from_secs(5);
/// What stands in the place of a row once all is counted.
const ALL: i64 = i64::MAX;

statements! {
    PLACE = Sql::both("SELECT applied FROM projections WHERE name = 'blob_refs'");
    ADVANCE = Sql::both(
        "UPDATE projections SET applied = $2 WHERE name = 'blob_refs' AND applied = $1"
    );
    ADD = Sql::each(
        "INSERT INTO blob_refs (run_id, hash) SELECT id, $2 FROM runs WHERE id = $1 \
         ON CONFLICT (run_id, hash) DO NOTHING",
        "INSERT INTO blob_refs (run_id, hash) SELECT id, CAST($2 AS bytea) FROM runs WHERE id = $1 \
         ON CONFLICT (run_id, hash) DO NOTHING",
    );
}

/// How far the count has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Some of the log, and there is more.
    Some,
    /// All of it. From now on each writer says itself what it refers to.
    All,
}

/// Counts the next rows of the log. To be called only while every instance says what it refers to: what
/// is written from then on needs no count.
pub async fn count_blobs(database: &Database, tail: &LogTail) -> Result<Counted> {
    let place: Option<(i64,)> = database.query_opt(PLACE, Vec::new()).await?;
    let place = place.map_or(0, |(place,)| place);
    if place == ALL {
        return Ok(Counted::All);
    }
    // Whoever draws a number from now on says itself what it refers to.
    let drawn: Option<(i64,)> = database.query_opt(log::LAST_DRAWN, Vec::new()).await?;
    let drawn = drawn.map_or(0, |(row,)| row);
    let mut end = tail.watch();
    let known = tokio::time::timeout(END_WAIT, end.wait_for(|last| *last >= drawn)).await.is_ok();
    let last = tail.last_row();
    let rows: Vec<LogRow> = database.query(log::ROWS_AFTER, params![place, last, ROWS]).await?;
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == ROWS);
    let done = !full && known;
    let upto = if done { ALL } else { rows.last().map_or(place, |row| row.id) };
    let mut unit = Unit::new().expect(1, ADVANCE, params![place, upto]);
    for (run, hash) in named(&rows)? {
        unit = unit.run(ADD, params![run, &hash.0[..]]);
    }
    match database.apply(unit).await {
        Ok(_) | Err(DatabaseError::Conflict { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(if done { Counted::All } else { Counted::Some })
}

/// Which runs name which payloads.
fn named(rows: &[LogRow]) -> Result<BTreeSet<(Uuid, BlobHash)>> {
    let mut named = BTreeSet::new();
    for row in rows {
        for section in sections(row.id, &row.runs)? {
            for stored in decode_section(row.id, &section, &row.entries)? {
                if let Body::Blob(hash) = stored.body {
                    named.insert((section.run_id.uuid(), hash));
                }
            }
        }
    }
    Ok(named)
}
