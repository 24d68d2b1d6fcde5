//! What a store that comes out of a backup is made to forget.
//!
//! It must own no runs, let nobody in who was shut out since, and tell no event at a position that was
//! another's before.

use gathering_database::{Sql, Tx, params, row};
use gathering_domain::Timestamp;

use crate::Result;
use crate::statement::{Query, statements};

/// Rows of the log that may have been written between the backup and its restore: so many numbers are
/// left out, so that whoever followed events up to one of them misses none that comes now.
const LOST_ROWS_MAX: i64 = 1 << 32;

row! {
    /// What a store holds, for people.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct StoreSize {
        /// How many runs there are.
        pub runs: u64,
        /// How many people may sign in.
        pub users: u64,
    }
}

statements! {
    MARK_ALL_DEAD =
        Sql::both("UPDATE instances SET state = 'dead', died_at = $1 WHERE state = 'alive'");
    /// Not counted as recovered: no run of them brought their process down.
    RELEASE_ALL_RUNS = Sql::both(
        "UPDATE runs SET status = 'queued', owner = NULL, runnable_at = $1 WHERE owner IS NOT NULL"
    );
    FORGET_BEATS = Sql::both("DELETE FROM instance_beats");
    FORGET_BACKENDS = Sql::both("DELETE FROM instance_backends");
    END_SESSIONS = Sql::both("DELETE FROM sessions");
    END_INVITATIONS = Sql::both("DELETE FROM invitations");
    END_SETUP_LINK = Sql::both("DELETE FROM setup_link");
    LEAVE_NUMBERS_OUT = Sql::each(
        "UPDATE sqlite_sequence SET seq = seq + $1 WHERE name = 'log'",
        "SELECT 1 WHERE CAST($1 AS bigint) IS NULL",
    );
    SIZE -> StoreSize = Sql::both(
        "SELECT (SELECT count(*) FROM runs) AS runs, (SELECT count(*) FROM users) AS users"
    );
    /// The embedded store alone is looked through.
    FAULTS -> (String,) = Sql::each(
        "SELECT quick_check FROM pragma_quick_check WHERE quick_check <> 'ok'",
        "SELECT '' WHERE 1 = 0",
    );
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Released {
    /// Instances that were alive when the store was written.
    pub instances: u64,
    /// Runs that one of them had.
    pub runs: u64,
}

/// Declares every instance dead and frees its runs, where it is known that none is at work.
pub fn release_all(tx: &mut Tx<'_>, now: Timestamp) -> Result<Released> {
    let instances = tx.execute(MARK_ALL_DEAD, params![now.micros()])?;
    let runs = tx.execute(RELEASE_ALL_RUNS, params![now.micros()])?;
    tx.execute(FORGET_BEATS, params![])?;
    tx.execute(FORGET_BACKENDS, params![])?;
    Ok(Released { instances, runs })
}

/// Ends all sessions and says how many there were: some may have been ended since.
pub fn end_sessions(tx: &mut Tx<'_>) -> Result<u64> {
    Ok(tx.execute(END_SESSIONS, params![])?)
}

/// Ends all links that are good once, and says how many there were: some may have been used since.
pub fn end_links(tx: &mut Tx<'_>) -> Result<u64> {
    Ok(tx.execute(END_INVITATIONS, params![])? + tx.execute(END_SETUP_LINK, params![])?)
}

/// Has the log go on at positions that it cannot have had after the backup was taken.
pub fn leave_positions_out(tx: &mut Tx<'_>) -> Result<()> {
    tx.execute(LEAVE_NUMBERS_OUT, params![LOST_ROWS_MAX])?;
    Ok(())
}

/// What the store holds.
pub fn store_size() -> Query<StoreSize> {
    Query::new(SIZE, params![])
}

/// What is broken in the file of an embedded store; nothing of one that is sound.
pub fn file_faults() -> Query<(String,)> {
    Query::new(FAULTS, params![])
}
