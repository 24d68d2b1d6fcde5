//! Claiming: taking runs that nobody owns, by priority and age, within limits per key.

use std::cmp::Reverse;

use gathering_database::{Database, Reader, Statement, Unit, params, row};
use gathering_domain::{InstanceId, ProjectId, RunId, Timestamp};
use uuid::Uuid;

use super::{
    CLAIM, CLAIM_LIMITED, DUE, DUE_LIMITED, LIMITED_LEVELS, LOCK_LIMITS, NEXT_WAKE, OWNED,
    OWNED_WITH_NEWS,
};
use crate::{AppendError, Result};

/// Runs that one claim may take.
pub const CLAIM_MAX: u32 = 256;
/// Pairs of limit key and priority from which one claim takes.
const LEVELS_MAX: i64 = 256;

row! {
    /// A run that was claimed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ClaimedRun {
        /// The run, now owned by the instance that claimed it.
        pub id: RunId as Uuid,
        /// Its project.
        pub project_id: ProjectId as Uuid,
        /// How often it was recovered without progress.
        pub recoveries: u32,
        /// How often it was claimed, this time included: where that has risen by one alone, nobody
        /// else has had the run since its last claim.
        pub claims: i64,
    }

    /// A run that could be claimed.
    pub(super) struct DueRun {
        id: Uuid,
        priority: i64,
        runnable_at: i64,
    }

    /// Due runs of one limit key and priority.
    pub(super) struct LimitedLevel {
        limit_key: String,
        priority: i64,
        taken: i64,
    }
}

/// Takes up to `limit` runs for an instance: those of high priority first, then those that have been
/// waiting longest. Fails with [`AppendError::Fenced`] if the instance is not alive.
pub async fn claim(
    database: &Database,
    instance: InstanceId,
    limit: u32,
    now: Timestamp,
) -> Result<Vec<ClaimedRun>, AppendError> {
    let limit = limit.min(CLAIM_MAX);
    if limit == 0 {
        return Ok(Vec::new());
    }
    let limited = database
        .read(move |reader| limited_candidates(reader, limit, now))
        .await
        .map_err(AppendError::from_read)?;
    let unit = if limited.is_empty() {
        Unit::new().returning(CLAIM, params![instance.uuid(), now.micros(), limit])
    } else {
        let due: Vec<DueRun> = database
            .query(DUE, params![now.micros(), limit])
            .await
            .map_err(|error| AppendError::from_read(error.into()))?;
        claim_each(limited, due, instance, limit, now)
    };
    let statements = unit.len();
    let unit = unit.guard(crate::log::FENCE, params![instance.uuid()]);
    let applied = database.apply(unit).await.map_err(AppendError::from_write)?;
    let mut claimed = Vec::new();
    for statement in 0..statements {
        let rows: Vec<ClaimedRun> =
            applied.rows(statement).map_err(|error| AppendError::Failed(error.into()))?;
        claimed.extend(rows);
    }
    Ok(claimed)
}

/// Takes the best of both kinds one by one, each only if its limit allows it at that moment.
fn claim_each(
    limited: Vec<DueRun>,
    unlimited: Vec<DueRun>,
    instance: InstanceId,
    limit: u32,
    now: Timestamp,
) -> Unit {
    let rank = |due: &DueRun| (Reverse(due.priority), due.runnable_at);
    let mut due: Vec<DueRun> = limited.into_iter().chain(unlimited).collect();
    due.sort_by_key(rank);
    due.truncate(limit as usize);
    // Locks are taken in order of id, as everywhere.
    due.sort_by_key(|due| due.id);
    let mut unit = Unit::new().run(LOCK_LIMITS, params![]);
    for due in due {
        let params = params![instance.uuid(), now.micros(), due.id];
        unit.push(Statement::new(CLAIM_LIMITED, params).returning());
    }
    unit
}

/// Due runs with a limit whose key has room, the best first within each key.
fn limited_candidates(reader: &mut Reader<'_>, limit: u32, now: Timestamp) -> Result<Vec<DueRun>> {
    let levels: Vec<LimitedLevel> =
        reader.query(LIMITED_LEVELS, params![now.micros(), LEVELS_MAX])?;
    let mut candidates: Vec<DueRun> = Vec::new();
    for level in levels.iter().rev() {
        let params =
            params![level.limit_key.as_str(), level.priority, now.micros(), level.taken, limit];
        candidates.extend(reader.query::<DueRun>(DUE_LIMITED, params)?);
    }
    Ok(candidates)
}

/// When the next run becomes due after `now`, if any will by itself.
pub async fn next_wake(database: &Database, now: Timestamp) -> Result<Option<Timestamp>> {
    let found: Option<(Option<i64>,)> =
        database.query_opt(NEXT_WAKE, params![now.micros()]).await?;
    Ok(found.and_then(|(at,)| at).map(Timestamp::from_micros))
}

/// Runs of an instance that have something in their inbox: what a missed wake-up left behind.
pub async fn owned_with_news(database: &Database, instance: InstanceId) -> Result<Vec<RunId>> {
    let found: Vec<(Uuid,)> = database.query(OWNED_WITH_NEWS, params![instance.uuid()]).await?;
    Ok(found.into_iter().map(|(id,)| RunId::from_uuid(id)).collect())
}

/// Runs of an instance in the order of their ids, from behind `after`.
pub async fn list_owned(
    database: &Database,
    instance: InstanceId,
    after: Option<RunId>,
    limit: u32,
) -> Result<Vec<RunId>> {
    let params = params![instance.uuid(), after.map_or(Uuid::nil(), RunId::uuid), limit];
    let found: Vec<(Uuid,)> = database.query(OWNED, params).await?;
    Ok(found.into_iter().map(|(id,)| RunId::from_uuid(id)).collect())
}
