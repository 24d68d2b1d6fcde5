//! The row of a run: what lists, claims and limits need to know without its journal.

mod claim;
mod family;
pub(crate) mod journal;
mod lanes;
mod limits;
mod list;
mod load;
mod places;
mod private;
mod usage;

use gathering_database::{Sql, params, row};
use gathering_domain::{
    Actor, ApiKeyId, InstanceId, MicroUsd, ProjectId, RunId, RunStatus, Timestamp, Usage, Waiting,
};
use gathering_engine::{Key, OnCost, Origin, Outcome};
use uuid::Uuid;

pub use claim::{CLAIM_MAX, ClaimedRun, claim, count_due, list_owned, next_wake, owned_with_news};
pub(crate) use family::STATEMENTS as FAMILY_STATEMENTS;
pub use family::{
    FamilyCount, RETRIED_CONSTRAINT, RETRY_CONSTRAINT, count_family, find_retry, find_unended,
    find_unknown,
};
pub use journal::{
    JournalPage, load_journal, load_journal_leniently, load_journal_page, load_journal_since,
};
pub(crate) use lanes::STATEMENTS as LANE_STATEMENTS;
pub use limits::RunLimit;
pub use list::{RunFilter, RunsAfter, list_runs};
pub use load::{LoadedRun, RunGlance, glance, load, load_first, load_inbox};
pub(crate) use places::STATEMENTS as PLACE_STATEMENTS;
pub use places::{PLACES_PAGE, PlacesAfter, forget_places};
pub use private::{PersonRow, find_hidden, find_persons};
pub(crate) use private::{
    STATEMENTS as PRIVATE_STATEMENTS, person, persons, shown_to, still_shown_to,
};
pub(crate) use usage::STATEMENTS as USAGE_STATEMENTS;
pub use usage::{UsageRow, sum_up};

use crate::column;
use crate::quotas::CountedRun;
use crate::statement::{Query, statements};
use crate::{deliveries::DeliveryStart, schedules::fires::FireStart, starters::Starter};

/// A run that comes into being.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Its id.
    pub id: RunId,
    /// Its project.
    pub project_id: ProjectId,
    /// Who started it.
    pub actor: Actor,
    /// Which machine decides in it.
    pub machine: String,
    /// A line for people.
    pub title: String,
    /// How it was started: `manual`, `parent`, `retry`, …
    pub trigger: String,
    /// The pipeline or agent that it runs, if it is a stored one.
    pub definition_id: Option<Uuid>,
    /// The version to which it is pinned.
    pub definition_version_id: Option<Uuid>,
    /// A definition and its version: the run comes into being only if that is still the present one.
    pub still_at: Option<(Uuid, Uuid)>,
    /// The instance that goes on with it at once; `None` leaves it for anyone to claim. A run with a
    /// limit is always left to be claimed.
    pub owner: Option<InstanceId>,
    /// Higher goes first.
    pub priority: i64,
    /// Within which limits it is at work.
    pub limits: Vec<RunLimit>,
    /// When its time is over. A run with a limit is claimed then whatever the limit says, to end.
    pub deadline: Option<Timestamp>,
    /// Its ancestry.
    pub origin: Origin,
    /// The first run of its chain of retries; itself, if it is no retry.
    pub first_run_id: RunId,
    /// Money that it and its descendants may spend.
    pub budget: Option<MicroUsd>,
    /// What follows where that does not suffice.
    pub on_cost: OnCost,
    /// Under which key its start was asked for.
    pub idempotency: Option<crate::Idempotency>,
    /// Of which fire of a schedule it is the run.
    pub fire: Option<FireStart>,
    /// What starts it by itself, and must stand as it was read.
    pub starter: Option<Starter>,
    /// Which delivery of an event it sends.
    pub delivery: Option<Box<DeliveryStart>>,
    /// How it is counted, if its project has a quota.
    pub counted: Option<CountedRun>,
}

row! {
    /// The row of a run.
    #[derive(Debug, Clone, PartialEq)]
    pub struct RunRow {
        /// Its id.
        pub id: RunId as Uuid,
        /// Its project.
        pub project_id: ProjectId as Uuid,
        /// Who started it.
        pub actor: Actor as String => |text| serde_json::from_str(&text).ok(),
        /// The API key by which it, or the run above it, was started.
        pub api_key_id: Option<ApiKeyId> as Option<Uuid> => |id| Some(id.map(ApiKeyId::from_uuid)),
        /// Which machine decides in it.
        pub machine: String,
        /// A line for people.
        pub title: String,
        /// How it was started.
        pub trigger: String,
        /// The pipeline or agent that it runs.
        pub definition_id: Option<Uuid>,
        /// The version to which it is pinned.
        pub definition_version_id: Option<Uuid>,
        /// Where it is.
        pub status: RunStatus as String => |word| RunStatus::from_word(&word),
        /// What it waits for.
        pub waiting: Option<Waiting> as Option<String> => |text| column::word(text, Waiting::from_word),
        /// The live instance that alone may append.
        pub owner: Option<InstanceId> as Option<Uuid> => |id| Some(id.map(InstanceId::from_uuid)),
        /// When somebody should claim it.
        pub runnable_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// How many inbox rows were ever written.
        pub pokes: i64,
        /// Higher goes first.
        pub priority: i64,
        /// Within which limits it is at work.
        pub limits: Vec<RunLimit> as Option<String> => |text| Some(column::json(text)?.unwrap_or_default()),
        /// Recoveries since it last made progress.
        pub recoveries: u32,
        /// How long its journal was at the last recovery.
        pub recovered_seq: u32,
        /// The parent.
        pub parent_run_id: Option<RunId> as Option<Uuid> => |id| Some(id.map(RunId::from_uuid)),
        /// The key under which the parent waits.
        pub parent_key: Option<Key> as Option<String> => |text| column::word(text, |text| Key::parse(text).ok()),
        /// The topmost ancestor.
        pub root_run_id: RunId as Uuid,
        /// The first run of its chain of retries.
        pub first_run_id: RunId as Uuid,
        /// The run of which it is a retry.
        pub retry_of: Option<RunId> as Option<Uuid> => |id| Some(id.map(RunId::from_uuid)),
        /// When it was accepted.
        pub created_at: Timestamp as i64,
        /// When an instance first took it.
        pub started_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// When it ended.
        pub finished_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
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
        /// How it ended, if that is small; see [`crate::Storage::outcome`].
        pub outcome: Option<Outcome> as Option<String> => column::json,
        /// The blob of its last entry, if that is large.
        pub outcome_blob: Option<Vec<u8>>,
    }
}

/// The columns of a [`RunRow`], in its order.
macro_rules! run_columns {
    () => {
        "id, project_id, actor, api_key_id, machine, title, trigger, definition_id, definition_version_id, \
         status, waiting, owner, runnable_at, pokes, priority, limits, \
         recoveries, recovered_seq, parent_run_id, parent_key, root_run_id, first_run_id, retry_of, created_at, \
         started_at, finished_at, input_tokens, output_tokens, cost_micro_usd, unpriced_calls, \
         model_calls, tool_calls, outcome, outcome_blob"
    };
}
use run_columns;

/// Priorities of runs without a lane that wait for an owner or for their time.
macro_rules! levels {
    () => {
        "WITH RECURSIVE levels(priority) AS ( \
           SELECT MAX(priority) FROM runs \
           WHERE owner IS NULL AND runnable_at IS NOT NULL AND lane IS NULL \
           UNION ALL \
           SELECT (SELECT MAX(priority) FROM runs WHERE owner IS NULL AND runnable_at IS NOT NULL \
                   AND lane IS NULL AND priority < levels.priority) \
           FROM levels WHERE priority IS NOT NULL)"
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO runs (id, project_id, actor, machine, title, trigger, definition_id, \
           definition_version_id, status, owner, runnable_at, priority, limits, lane, \
           parent_run_id, parent_key, root_run_id, first_run_id, retry_of, created_at, started_at, \
           pokes, recoveries, recovered_seq, input_tokens, output_tokens, cost_micro_usd, \
           unpriced_calls, model_calls, tool_calls, deadline_at, api_key_id, private_to) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
           $19, $20, $21, 0, 0, 0, 0, 0, 0, 0, 0, 0, $22, $23, $24)"
    );
    /// Keeps the owner if something was put into the inbox since it looked. Here, and wherever a statement
    /// names a run and asks for more by what has an index, `IS TRUE` keeps that from the planner:
    /// PostgreSQL's would else prefer the index of the owner's runs, say, with all that ended a moment ago.
    /// The tests of plans have the list.
    PARK = Sql::both(
        "UPDATE runs SET status = CASE WHEN pokes > $9 THEN 'running' ELSE 'waiting' END, \
           waiting = CASE WHEN pokes > $9 THEN NULL ELSE $10 END, \
           runnable_at = CASE WHEN pokes > $9 THEN NULL ELSE CAST($11 AS bigint) END, \
           owner = CASE WHEN pokes > $9 THEN owner ELSE NULL END, \
           input_tokens = COALESCE($3, input_tokens), output_tokens = COALESCE($4, output_tokens), \
           cost_micro_usd = COALESCE($5, cost_micro_usd), \
           unpriced_calls = COALESCE($6, unpriced_calls), model_calls = COALESCE($7, model_calls), \
           tool_calls = COALESCE($8, tool_calls) \
         WHERE id = $1 AND (owner = $2) IS TRUE RETURNING pokes > $9"
    );
    RELEASE = Sql::both(
        "UPDATE runs SET status = 'queued', owner = NULL, runnable_at = $9, \
           input_tokens = COALESCE($3, input_tokens), output_tokens = COALESCE($4, output_tokens), \
           cost_micro_usd = COALESCE($5, cost_micro_usd), \
           unpriced_calls = COALESCE($6, unpriced_calls), model_calls = COALESCE($7, model_calls), \
           tool_calls = COALESCE($8, tool_calls) \
         WHERE id = $1 AND (owner = $2) IS TRUE"
    );
    FINISH = Sql::both(
        "UPDATE runs SET status = $9, waiting = NULL, owner = NULL, runnable_at = NULL, \
           finished_at = $10, outcome = $11, outcome_blob = $12, \
           input_tokens = COALESCE($3, input_tokens), output_tokens = COALESCE($4, output_tokens), \
           cost_micro_usd = COALESCE($5, cost_micro_usd), \
           unpriced_calls = COALESCE($6, unpriced_calls), model_calls = COALESCE($7, model_calls), \
           tool_calls = COALESCE($8, tool_calls) \
         WHERE id = $1 AND (owner = $2) IS TRUE"
    );
    /// May follow the statement of the same append that lets go of the run.
    RECOVERED = Sql::both(
        "UPDATE runs SET recoveries = $3, recovered_seq = $4 \
         WHERE id = $1 AND (owner = $2 OR owner IS NULL)"
    );
    /// Tells a run that has not ended that its inbox has news, and makes it claimable if nobody owns it.
    /// One that is only to end waits for no place any more.
    POKE = Sql::both(
        "UPDATE runs SET pokes = pokes + 1, \
           runnable_at = CASE WHEN owner IS NOT NULL THEN NULL WHEN runnable_at < $2 THEN runnable_at \
             ELSE CAST($2 AS bigint) END, \
           lane = CASE WHEN CAST($3 AS boolean) THEN NULL ELSE lane END \
         WHERE id = $1 AND finished_at IS NULL RETURNING owner"
    );
    POKES = Sql::both("SELECT pokes FROM runs WHERE id = $1");
    LIST -> RunRow = Sql::both(concat!(
        "SELECT ", run_columns!(), " FROM runs \
         WHERE project_id = $1 AND (created_at, id) < ($2, $3) \
           AND (CAST($4 AS text) IS NULL OR status = $4) \
           AND (CAST($5 AS boolean) OR definition_id = $6) \
           AND (NOT CAST($7 AS boolean) OR parent_run_id IS NULL) \
           AND (CAST($10 AS text) IS NULL OR machine <> $10) \
           AND ", shown_to!("runs.id", "$9"), " \
         ORDER BY created_at DESC, id DESC LIMIT $8"
    ));
    /// Takes due runs without a limit. Walks the priorities one by one: a single walk over the index
    /// would pass every timer that is not due yet.
    CLAIM -> ClaimedRun = Sql::each(
        concat!(levels!(), " \
         UPDATE runs SET owner = $1, status = 'running', waiting = NULL, runnable_at = NULL, \
           claims = claims + 1, started_at = COALESCE(started_at, $2) \
         WHERE id IN ( \
           SELECT due.id FROM levels CROSS JOIN runs AS due \
           WHERE due.priority = levels.priority AND due.owner IS NULL AND due.lane IS NULL \
             AND due.runnable_at IS NOT NULL AND due.runnable_at <= $2 \
           ORDER BY levels.priority DESC, due.runnable_at LIMIT $3) \
         RETURNING id, project_id, recoveries, claims"),
        concat!(levels!(), ", \
         taken AS ( \
           SELECT due.id FROM levels CROSS JOIN LATERAL ( \
             SELECT id FROM runs WHERE priority = levels.priority AND owner IS NULL \
               AND lane IS NULL AND runnable_at IS NOT NULL AND runnable_at <= $2 \
             ORDER BY runnable_at LIMIT $3 FOR UPDATE SKIP LOCKED) AS due \
           ORDER BY levels.priority DESC LIMIT $3) \
         UPDATE runs SET owner = $1, status = 'running', waiting = NULL, runnable_at = NULL, \
           claims = claims + 1, started_at = COALESCE(started_at, $2) \
         WHERE id IN (SELECT id FROM taken) \
         RETURNING id, project_id, recoveries, claims"),
    );
    /// What [`CLAIM`] would take, by rank.
    DUE -> claim::DueRank = Sql::both(concat!(
        levels!(), " \
         SELECT due.priority AS priority, due.runnable_at AS runnable_at \
         FROM levels CROSS JOIN runs AS due \
         WHERE due.priority = levels.priority AND due.owner IS NULL AND due.lane IS NULL \
           AND due.runnable_at IS NOT NULL AND due.runnable_at <= $1 \
         ORDER BY levels.priority DESC, due.runnable_at LIMIT $2"
    ));
    /// How many due runs nobody has taken: those without a limit, and of the first of the others.
    COUNT_DUE = Sql::both(concat!(
        levels!(), " \
         SELECT (SELECT COUNT(*) FROM ( \
             SELECT 1 AS one FROM levels CROSS JOIN runs AS due \
             WHERE due.priority = levels.priority AND due.owner IS NULL AND due.lane IS NULL \
               AND due.runnable_at IS NOT NULL AND due.runnable_at <= $1 LIMIT $2) AS free) \
           + (SELECT COUNT(*) FROM ( \
             SELECT runnable_at FROM runs WHERE owner IS NULL AND runnable_at IS NOT NULL \
               AND lane IS NOT NULL LIMIT $2) AS laned WHERE runnable_at <= $1)"
    ));
    NEXT_WAKE = Sql::both(
        "SELECT MIN(at) FROM ( \
           SELECT MIN(runnable_at) AS at FROM runs \
           WHERE owner IS NULL AND runnable_at IS NOT NULL AND runnable_at > $1 \
           UNION ALL \
           SELECT MIN(deadline_at) FROM runs WHERE owner IS NULL AND lane IS NOT NULL \
             AND finished_at IS NULL AND deadline_at IS NOT NULL AND deadline_at > $1) AS due"
    );
    OWNED_WITH_NEWS = Sql::both(
        "SELECT id FROM runs WHERE owner = $1 \
         AND EXISTS (SELECT 1 FROM inbox WHERE inbox.run_id = runs.id) LIMIT 1000"
    );
    OWNED = Sql::both("SELECT id FROM runs WHERE owner = $1 AND id > $2 ORDER BY id LIMIT $3");
    FIND -> RunRow = Sql::both(concat!("SELECT ", run_columns!(), " FROM runs WHERE id = $1"));
    IS_THERE = Sql::both("SELECT 1 FROM runs WHERE id = $1");
    /// Until the commit it goes nowhere.
    STAYS = Sql::each(
        "SELECT 1 FROM runs WHERE id = $1",
        "SELECT 1 FROM runs WHERE id = $1 FOR SHARE",
    );
    /// Walks the project's runs: nothing that is asked often.
    UNENDED_OF_PROJECT = Sql::both(
        "SELECT id FROM runs WHERE project_id = $1 AND finished_at IS NULL LIMIT 1"
    );
    FIND_CHILDREN -> RunRow = Sql::both(concat!(
        "SELECT ", run_columns!(), " FROM runs WHERE parent_run_id = $1 ORDER BY created_at, id LIMIT 1000"
    ));
    CHILD_IDS = Sql::both(
        "SELECT id FROM runs WHERE parent_run_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    );
}

/// The run with this id.
pub fn find_run(id: RunId) -> Query<RunRow> {
    Query::new(FIND, params![id.uuid()])
}

/// Whether there is a run with this id.
pub(crate) fn is_there(id: RunId) -> Query<(i64,)> {
    Query::new(IS_THERE, params![id.uuid()])
}

/// A run of the project that has not ended.
pub fn find_unended_of_project(id: ProjectId) -> Query<(Uuid,)> {
    Query::new(UNENDED_OF_PROJECT, params![id.uuid()])
}

/// The child runs of a run, oldest first, up to 1,000.
pub fn list_children(parent: RunId) -> Query<RunRow> {
    Query::new(FIND_CHILDREN, params![parent.uuid()])
}

/// The ids of the child runs of a run that come after one, in order: all of them, page by page.
pub fn child_ids(parent: RunId, after: RunId, most: u32) -> Query<(Uuid,)> {
    Query::new(CHILD_IDS, params![parent.uuid(), after.uuid(), i64::from(most)])
}

impl RunRow {
    /// What the run has used, as far as the row tells it.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage {
            model_calls: self.model_calls,
            tool_calls: self.tool_calls,
            ..Usage::default()
        };
        usage.tokens.input = self.input_tokens;
        usage.tokens.output = self.output_tokens;
        usage.cost.known = MicroUsd(self.cost_micro_usd);
        usage.cost.unpriced_calls = self.unpriced_calls;
        usage
    }
}
