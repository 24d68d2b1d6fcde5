//! The log: everything durable that happens to runs, one packed row per flush.

mod append;
pub(crate) mod archive;
pub(crate) mod batch;
mod family;
mod frame;
mod observer;
mod pack;
mod prepare;
mod purpose;
pub(crate) mod read;
mod tail;
mod writer;

use gathering_database::Sql;

pub use append::{
    Append, Appended, CancelRun, ENTRIES_PER_ROW, NewApproval, NewChildRun, Position, Recovered,
    RunChange, Told,
};
pub use family::{FamilyPage, RunFamily, read_family_log};
pub(crate) use frame::{Body, StoredEntry, decode_section, sections};
pub use observer::{Flushed, LogObserver, RunsChanged};
pub use read::{LogEntry, LogFilter, LogPage, UnreadableEntry, read_log};
pub use tail::{LogTail, LogTailService};
pub use writer::{LogWriter, LogWriterOptions, LogWriterService, Poked};

use crate::statement::statements;

/// The last row of the log that is as good as gone: what is kept of it, and of those before, stands in the
/// archive. A statement that asks for it sees both as they are at one moment.
macro_rules! line {
    () => {
        "(SELECT applied FROM projections WHERE name = 'log_line')"
    };
}
pub(crate) use line;

statements! {
    INSERT = Sql::both("INSERT INTO log (count, runs, entries) VALUES ($1, $2, $3) RETURNING id");
    /// Comes first in every transaction of the log: on PostgreSQL it takes the transaction's id and a
    /// lock that a takeover waits for.
    FENCE = Sql::each(
        "SELECT 1 FROM instances WHERE id = $1 AND state = 'alive'",
        "SELECT 1 FROM instances WHERE id = $1 AND state = 'alive' FOR SHARE",
    );
    /// Sections of the rows after a row.
    SECTIONS_AFTER = Sql::both(concat!(
        "SELECT id, runs FROM log WHERE id > $1 AND id <= $2 AND id > ", line!(), " \
         UNION ALL SELECT id, runs FROM log_archive WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3"
    ));
    /// Sections of the rows after a row that hold a run, and perhaps of one more whose bytes look so.
    SECTIONS_OF_RUN_AFTER -> crate::projection::SectionsRow = Sql::each(
        concat!(
            "SELECT id, runs FROM log WHERE id > $1 AND instr(runs, $2) > 0 AND id > ", line!(), " \
             UNION ALL SELECT id, runs FROM log_archive WHERE id > $1 AND instr(runs, $2) > 0 ORDER BY id"
        ),
        concat!(
            "SELECT id, runs FROM log WHERE id > $1 AND position($2 IN runs) > 0 AND id > ", line!(), " \
             UNION ALL SELECT id, runs FROM log_archive WHERE id > $1 AND position($2 IN runs) > 0 \
             ORDER BY id"
        ),
    );
    /// For who reads the log itself and no run of it: what lies below the line is not told any more.
    ROWS_AFTER = Sql::both(concat!(
        "SELECT id, runs, entries FROM log WHERE id > $1 AND id <= $2 AND id > ", line!(), " \
         ORDER BY id LIMIT $3"
    ));
    ROWS = Sql::each(
        concat!(
            "SELECT id, runs, entries FROM log \
             WHERE id IN (SELECT value FROM json_each($1)) AND id > ", line!(), " \
             UNION ALL SELECT id, runs, entries FROM log_archive \
             WHERE id IN (SELECT value FROM json_each($1)) ORDER BY id"
        ),
        concat!(
            "SELECT id, runs, entries FROM log \
             WHERE id IN (SELECT CAST(value AS bigint) FROM jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb))) \
               AND id > ", line!(), " \
             UNION ALL SELECT id, runs, entries FROM log_archive \
             WHERE id IN (SELECT CAST(value AS bigint) FROM jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb))) \
             ORDER BY id"
        ),
    );
    LINE = Sql::both("SELECT applied FROM projections WHERE name = 'log_line'");
    LAST_ROW = Sql::both("SELECT COALESCE(MAX(id), 0) FROM log");
    /// The highest id ever drawn, whether or not its row was committed.
    LAST_DRAWN = Sql::each(
        "SELECT COALESCE(MAX(id), 0) FROM log",
        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM log_id_seq",
    );
    /// Every statement of a lane goes by key. Planned while its tables are empty, it would read them
    /// whole, and that plan would stay long after they have grown.
    PLAN_BY_KEY = Sql::each(
        "SELECT 1 WHERE 1 = 0",
        "SELECT set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false), \
           set_config('enable_mergejoin', 'off', false)",
    );
    /// For a transaction whose loss would be made good: its commit does not wait for the disk. It must be
    /// on a lane of its own: elsewhere, what others write may be in the same transaction.
    SYNC_LATER = Sql::each(
        "SELECT 1 WHERE 1 = 0",
        "SELECT set_config('synchronous_commit', 'off', true)",
    );
    IDS_AFTER = Sql::both("SELECT id FROM log WHERE id > $1 ORDER BY id LIMIT $2");
    /// The oldest transaction of this database that is under way and has an id. Those of the cluster's
    /// other databases cannot have drawn a position, and may last for hours. One that is being prepared is
    /// listed as such before its backend lets go of it, so that backends are looked at first. Ids of
    /// backends have lost their upper half: no running one is older than the oldest of the cluster.
    OLDEST = Sql::each(
        "SELECT 1",
        "WITH oldest AS ( \
           SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) AS id), \
         open AS ( \
           SELECT CAST(CAST(backend_xid AS text) AS bigint) AS id FROM pg_stat_activity \
             WHERE datname = current_database() AND backend_xid IS NOT NULL \
           UNION ALL \
           SELECT CAST(CAST(transaction AS text) AS bigint) FROM pg_prepared_xacts \
             WHERE database = current_database()) \
         SELECT COALESCE(MIN(oldest.id + mod(open.id - mod(oldest.id, 4294967296) + 4294967296, 4294967296)), \
           9223372036854775807) FROM oldest CROSS JOIN open",
    );
    /// An id that is higher than those of all transactions that have one.
    DRAW_TRANSACTION =
        Sql::each("SELECT 1", "SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)");
}
