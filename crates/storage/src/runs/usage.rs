//! What the runs of a project have come to and used, summed up.

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, ProjectId, RunStatus, Timestamp};

use super::shown_to;
use crate::actor::actor_text;
use crate::statement::{Query, statements};

row! {
    /// Topmost runs in one status.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct UsageRow {
        /// The status.
        pub status: RunStatus as String => |word| RunStatus::from_word(&word),
        /// How many there are.
        pub runs: u64,
        /// Tokens read by models.
        pub input_tokens: u64,
        /// Tokens written by models.
        pub output_tokens: u64,
        /// Money of known price.
        pub cost_micro_usd: i64,
        /// Calls without a known price.
        pub unpriced_calls: u64,
        /// Model calls.
        pub model_calls: u64,
        /// Tool calls.
        pub tool_calls: u64,
    }
}

statements! {
    /// A sum of `bigint` is a `numeric` in PostgreSQL.
    SUM_UP -> UsageRow = Sql::both(concat!(
        "SELECT status, COUNT(*) AS runs, CAST(SUM(input_tokens) AS bigint) AS input_tokens, \
           CAST(SUM(output_tokens) AS bigint) AS output_tokens, \
           CAST(SUM(cost_micro_usd) AS bigint) AS cost_micro_usd, \
           CAST(SUM(unpriced_calls) AS bigint) AS unpriced_calls, \
           CAST(SUM(model_calls) AS bigint) AS model_calls, \
           CAST(SUM(tool_calls) AS bigint) AS tool_calls \
         FROM runs WHERE project_id = $1 AND created_at >= $2 AND created_at < $3 \
           AND parent_run_id IS NULL AND machine <> $5 AND ", shown_to!("runs.id", "$4"), " \
         GROUP BY status"
    ));
}

/// Sums up the topmost runs, without those of one machine, that were accepted from `from` on and before
/// `to`, by status. The usage of a run holds that of those below it which have ended.
pub fn sum_up(
    project_id: ProjectId,
    (from, to): (Timestamp, Timestamp),
    without_machine: &str,
    shown_to: Option<Actor>,
) -> Query<UsageRow> {
    let shown_to = shown_to.map(actor_text);
    Query::new(
        SUM_UP,
        params![project_id.uuid(), from.micros(), to.micros(), shown_to, without_machine],
    )
}
