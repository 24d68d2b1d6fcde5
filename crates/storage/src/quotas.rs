//! Quotas: what a project may use at most, counted in the transaction that uses it.

use gathering_database::{Sql, params, row};
use gathering_domain::{EffectId, ProjectId, Timestamp};

use crate::statement::{Query, Write, statements};

/// What a start of a run violates that would pass its project's quota.
pub const RUNS_QUOTA_CONSTRAINT: &str = "project_days_quota";

/// Microseconds of a day.
const DAY: i64 = 24 * 3600 * 1_000_000;

row! {
    /// What a project may use at most.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub struct QuotasRow {
        /// Runs that are started on one day, UTC.
        pub runs_per_day: Option<u64>,
        /// Bytes of its artifacts.
        pub artifact_bytes: Option<u64>,
    }
}

row! {
    /// What a project has used.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub struct UseRow {
        /// Runs of that day, if they are counted.
        pub runs: Option<u64>,
        /// Bytes of its artifacts.
        pub artifact_bytes: u64,
    }
}

/// That a run counts among those of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedRun {
    /// The day.
    pub day: i64,
    /// So many there may be.
    pub most: u64,
}

statements! {
    OF_PROJECT -> QuotasRow = Sql::both(
        "SELECT quota_runs_per_day AS runs_per_day, quota_artifact_bytes AS artifact_bytes \
         FROM projects WHERE id = $1"
    );
    USE -> UseRow = Sql::both(
        "SELECT (SELECT runs FROM project_days WHERE project_id = $1 AND day = $2) AS runs, \
           COALESCE((SELECT artifact_bytes FROM project_use WHERE project_id = $1), 0) AS artifact_bytes"
    );
    SET = Sql::both(
        "UPDATE projects SET quota_runs_per_day = $2, quota_artifact_bytes = $3 WHERE id = $1"
    );
    /// Those of the day so far; a run that another one started counts with that, and those of one machine do
    /// not.
    BEGIN_DAY = Sql::both(
        "INSERT INTO project_days (project_id, day, runs) \
         SELECT p.id, CAST($2 AS bigint), (SELECT COUNT(*) FROM runs WHERE project_id = $1 \
           AND created_at >= $3 AND created_at < $4 AND parent_run_id IS NULL AND machine <> $5) \
         FROM projects p WHERE p.id = $1 \
         ON CONFLICT (project_id, day) DO UPDATE SET runs = excluded.runs"
    );
    COUNT_RUN = Sql::both(
        "INSERT INTO project_days (project_id, day, runs) VALUES ($1, $2, 1) \
         ON CONFLICT (project_id, day) DO UPDATE SET runs = project_days.runs + 1 \
         WHERE project_days.runs < $3"
    );
    /// Whoever counts bytes of a project's artifacts holds this first: what follows sees what others have
    /// stored.
    HOLD_BYTES = Sql::both(
        "INSERT INTO project_use (project_id, artifact_bytes) VALUES ($1, 0) \
         ON CONFLICT (project_id) DO UPDATE SET artifact_bytes = project_use.artifact_bytes"
    );
    /// Counts an artifact, unless the effect has made it before.
    COUNT_BYTES = Sql::both(
        "UPDATE project_use SET artifact_bytes = artifact_bytes + CASE \
           WHEN EXISTS (SELECT 1 FROM artifacts WHERE effect_id = $2 AND name = $3) THEN 0 \
           ELSE CAST($4 AS bigint) END \
         WHERE project_id = $1 AND ( \
           EXISTS (SELECT 1 FROM artifacts WHERE effect_id = $2 AND name = $3) \
           OR artifact_bytes + CAST($4 AS bigint) <= COALESCE( \
             (SELECT quota_artifact_bytes FROM projects WHERE projects.id = $1), 9223372036854775807))"
    );
    FORGET_DAYS = Sql::both("DELETE FROM project_days WHERE day < $1");
}

/// The day of a time, UTC.
pub const fn day_of(at: Timestamp) -> i64 {
    at.micros().div_euclid(DAY)
}

/// When the next day begins.
pub const fn day_after(at: Timestamp) -> Timestamp {
    Timestamp::from_micros((day_of(at) + 1) * DAY)
}

/// The quotas of a project.
pub fn of_project(id: ProjectId) -> Query<QuotasRow> {
    Query::new(OF_PROJECT, params![id.uuid()])
}

/// What a project has used, of a day and in all.
pub fn used(id: ProjectId, day: i64) -> Query<UseRow> {
    Query::new(USE, params![id.uuid(), day])
}

/// Sets the quotas of a project.
pub fn set(id: ProjectId, quotas: QuotasRow) -> Write {
    let most = |most: Option<u64>| most.map(|most| i64::try_from(most).unwrap_or(i64::MAX));
    let params = params![id.uuid(), most(quotas.runs_per_day), most(quotas.artifact_bytes)];
    Write::new(SET, params).expecting(1)
}

/// Counts the runs of a day so far, for a project of which nobody has counted them, without those in which
/// the machine of this name decides.
pub fn begin_day(id: ProjectId, day: i64, uncounted: &str) -> Write {
    let (from, to) = (day.saturating_mul(DAY), day.saturating_add(1).saturating_mul(DAY));
    Write::new(BEGIN_DAY, params![id.uuid(), day, from, to, uncounted])
}

/// Counts a run; touches no row if there are as many as there may be.
pub(crate) fn count_run(id: ProjectId, counted: CountedRun) -> Write {
    let most = i64::try_from(counted.most).unwrap_or(i64::MAX);
    Write::new(COUNT_RUN, params![id.uuid(), counted.day, most]).expecting(1)
}

/// Counts an artifact of so many bytes, unless that effect has made one of that name before. The second of
/// these touches no row if there is no room for it; both come before the artifact.
pub fn count_artifact(id: ProjectId, effect_id: EffectId, name: &str, bytes: u64) -> [Write; 2] {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    let params = params![id.uuid(), effect_id.uuid(), name, bytes];
    [Write::new(HOLD_BYTES, params![id.uuid()]), Write::new(COUNT_BYTES, params).expecting(1)]
}

/// Forgets days before this one.
pub fn forget_days(before: i64) -> Write {
    Write::new(FORGET_DAYS, params![before])
}
