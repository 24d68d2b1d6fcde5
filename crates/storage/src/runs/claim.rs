//! Claiming: taking runs that nobody owns, by priority and age, within limits per key.

use gathering_database::{Database, Unit, params, row};
use gathering_domain::{InstanceId, ProjectId, RunId, Timestamp};
use uuid::Uuid;

use super::lanes::Candidates;
use super::{CLAIM, COUNT_DUE, DUE, NEXT_WAKE, OWNED, OWNED_WITH_NEWS};
use crate::{AppendError, Result};

/// Runs that one claim may take.
pub const CLAIM_MAX: u32 = 256;
/// How often one claim looks again because others were faster with what it had chosen.
const LOOKS: usize = 4;

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

    /// How soon a due run without limits is to be claimed.
    pub(super) struct DueRank {
        pub(super) priority: i64,
        pub(super) runnable_at: i64,
    }
}

/// Takes up to `limit` runs for an instance: those of high priority first, then those that were begun and
/// must find a place again, then those that have been waiting longest. Fails with [`AppendError::Fenced`] if the instance is not alive.
pub async fn claim(
    database: &Database,
    instance: InstanceId,
    limit: u32,
    now: Timestamp,
) -> Result<Vec<ClaimedRun>, AppendError> {
    let limit = limit.min(CLAIM_MAX);
    let mut claimed: Vec<ClaimedRun> = Vec::new();
    for _ in 0..LOOKS {
        let left = limit.saturating_sub(u32::try_from(claimed.len()).unwrap_or(limit));
        if left == 0 {
            break;
        }
        let missed = claim_once(database, instance, (left, now), &mut claimed).await?;
        // A run that somebody else took has left its place to another one, perhaps.
        if missed == 0 {
            break;
        }
    }
    Ok(claimed)
}

/// Takes what one look finds, and says how many runs in lanes it had chosen and did not get.
async fn claim_once(
    database: &Database,
    instance: InstanceId,
    (limit, now): (u32, Timestamp),
    claimed: &mut Vec<ClaimedRun>,
) -> Result<usize, AppendError> {
    let candidates = database
        .read(move |reader| Candidates::read(reader, limit, now))
        .await
        .map_err(AppendError::from_read)?;
    let (mut unit, mut missed, mut free) = (Unit::new(), 0, limit);
    if !candidates.is_empty() {
        let due: Vec<DueRank> = database
            .query(DUE, params![now.micros(), limit])
            .await
            .map_err(|error| AppendError::from_read(error.into()))?;
        let picked = candidates.pick(&due, limit);
        (missed, free) = (picked.laned(), picked.free);
        unit = picked.unit(instance, now);
    }
    let laned = unit.len();
    if free > 0 {
        // Last: it passes over what others hold, while the statements before it wait.
        unit = unit.returning(CLAIM, params![instance.uuid(), now.micros(), free]);
    }
    let statements = unit.len();
    let unit = unit.guard(crate::log::FENCE, params![instance.uuid()]);
    let applied = database.apply(unit).await.map_err(AppendError::from_write)?;
    for statement in 0..statements {
        let rows: Vec<ClaimedRun> =
            applied.rows(statement).map_err(|error| AppendError::Failed(error.into()))?;
        if statement < laned {
            missed -= rows.len();
        }
        claimed.extend(rows);
    }
    Ok(missed)
}

/// How many due runs nobody has taken, counted up to `most` for those within limits of keys and for the
/// others. Of the former only the first are looked at, timers among them, so where there are many it
/// answers too few.
pub async fn count_due(database: &Database, now: Timestamp, most: u32) -> Result<u64> {
    let found: Option<(i64,)> = database.query_opt(COUNT_DUE, params![now.micros(), most]).await?;
    Ok(found.map_or(0, |(count,)| count.unsigned_abs()))
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
