//! The log: everything durable that happens to runs, one packed row per flush.

mod append;
pub(crate) mod batch;
mod frame;
mod pack;
mod prepare;
pub(crate) mod read;
mod tail;
mod writer;

use gathering_database::Sql;

pub use append::{
    Append, Appended, CancelRun, ENTRIES_PER_ROW, NewApproval, NewChildRun, Position, Recovered,
    RunChange, Told,
};
pub(crate) use frame::{decode_section, sections};
pub use read::{LogEntry, LogFilter, LogPage, read_log};
pub use tail::{LogTail, LogTailService};
pub use writer::{LogWriter, LogWriterOptions, LogWriterService, Poked};

use crate::statement::statements;

statements! {
    INSERT = Sql::both("INSERT INTO log (count, runs, entries) VALUES ($1, $2, $3) RETURNING id");
    /// Comes first in every transaction of the log: on PostgreSQL it takes the transaction's id and a
    /// lock that a takeover waits for.
    FENCE = Sql::each(
        "SELECT 1 FROM instances WHERE id = $1 AND state = 'alive'",
        "SELECT 1 FROM instances WHERE id = $1 AND state = 'alive' FOR SHARE",
    );
    /// Sections of the rows after a row.
    SECTIONS_AFTER = Sql::both(
        "SELECT id, runs FROM log WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3"
    );
    ROWS_AFTER = Sql::both(
        "SELECT id, runs, entries FROM log WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3"
    );
    ROWS = Sql::each(
        "SELECT id, runs, entries FROM log WHERE id IN (SELECT value FROM json_each($1)) ORDER BY id",
        "SELECT id, runs, entries FROM log \
         WHERE id IN (SELECT CAST(value AS bigint) FROM jsonb_array_elements_text(CAST(CAST($1 AS text) AS jsonb))) \
         ORDER BY id",
    );
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
    IDS_AFTER = Sql::both("SELECT id FROM log WHERE id > $1 ORDER BY id LIMIT $2");
    /// The oldest transaction that is under way.
    OLDEST = Sql::each(
        "SELECT 1",
        "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)",
    );
    /// An id that is higher than those of all transactions that have one.
    DRAW_TRANSACTION =
        Sql::each("SELECT 1", "SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)");
}
