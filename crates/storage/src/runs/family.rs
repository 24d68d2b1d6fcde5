//! A run with all its descendants, and the retry that goes on for it.

use gathering_database::{Sql, params, row};
use gathering_domain::RunId;

use super::RunRow;
use crate::EffectRow;
use crate::statement::{Query, statements};

/// The index that refuses a second retry of a run.
pub const RETRY_CONSTRAINT: &str = "runs_retry_of";
/// What a retry of a run violates that is gone.
pub const RETRIED_CONSTRAINT: &str = "runs_retried_is_there";

row! {
    /// How many runs there are.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct FamilyCount {
        /// The number.
        pub runs: u64,
    }
}

/// The ids of a run, `$1`, and of all its descendants.
macro_rules! family {
    () => {
        "WITH RECURSIVE family(id) AS ( \
           SELECT id FROM runs WHERE id = $1 \
           UNION ALL \
           SELECT child.id FROM family JOIN runs AS child ON child.parent_run_id = family.id) "
    };
}

statements! {
    COUNT -> FamilyCount = Sql::both(concat!(
        family!(), "SELECT COUNT(*) AS runs FROM (SELECT id FROM family LIMIT $2) AS some_of_it"
    ));
    UNENDED -> RunRow = Sql::both(concat!(
        family!(), "SELECT ", super::run_columns!(), " FROM runs \
         WHERE id IN (SELECT id FROM family) AND finished_at IS NULL LIMIT 1"
    ));
    UNKNOWN -> EffectRow = Sql::both(concat!(
        family!(), "SELECT ", crate::ledger::effect_columns!(), " FROM effects \
         WHERE run_id IN (SELECT id FROM family) AND state = 'unknown' LIMIT 1"
    ));
    RETRY -> RunRow = Sql::both(concat!(
        "SELECT ", super::run_columns!(), " FROM runs WHERE retry_of = $1"
    ));
}

/// How many runs a run and its descendants are, counted up to a bound.
pub fn count_family(id: RunId, most: u64) -> Query<FamilyCount> {
    Query::new(COUNT, params![id.uuid(), i64::try_from(most).unwrap_or(i64::MAX)])
}

/// Some run among a run and its descendants that has not ended.
pub fn find_unended(id: RunId) -> Query<RunRow> {
    Query::new(UNENDED, params![id.uuid()])
}

/// Some effect of a run or of a descendant whose outcome nobody knows.
pub fn find_unknown(id: RunId) -> Query<EffectRow> {
    Query::new(UNKNOWN, params![id.uuid()])
}

/// The retry of a run, if it has one.
pub fn find_retry(id: RunId) -> Query<RunRow> {
    Query::new(RETRY, params![id.uuid()])
}
