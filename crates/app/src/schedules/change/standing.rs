//! Where a schedule stands when it is changed: which slots are behind it, and which one is next.

use std::cmp::max;

use gathering_domain::{FireId, ProjectId, ScheduleId, Timestamp};
use gathering_schedules::{
    Activity, Overlap, Policy, Schedule as Decided, State, Timing, decide, look_at,
};
use gathering_storage::{
    Tx,
    schedules::{
        Next, ScheduleRow,
        fires::{self, FireStatus, NewFire},
    },
};

use crate::{
    Result,
    schedules::{Schedules, view::stored},
};

impl Schedules<'_> {
    /// Handles what is due of a schedule by its present form, as far as that goes.
    pub(super) async fn catch_up(&self, project_id: ProjectId, id: ScheduleId) -> Result<()> {
        let (row, now) = (self.row(project_id, id).await?, self.app.now());
        if row.paused_at.is_none()
            && row.next_slot.is_some_and(|slot| slot <= now)
            && let Err(error) = self.attend(&row).await
        {
            // A form that cannot be handled must not keep anybody from changing it.
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(error = cause, schedule.id = %id, "could not look after a schedule");
        }
        Ok(())
    }
}

/// Whether the end of a run is something to look at: it may be tried again, or have kept another one waiting.
pub(super) fn heeds_ends(policy: &Policy) -> bool {
    policy.retry.is_some() || policy.overlap == Overlap::Queue
}

/// Where a schedule stands that goes on after this moment. Where a run may have ended that nobody heeded, it is
/// looked at now.
pub(super) fn again(
    id: ScheduleId,
    timing: &Timing,
    policy: &Policy,
    fires: u64,
    (after, now): (Timestamp, Timestamp),
) -> Next {
    let next = next(id, timing, policy, fires, after);
    if heeds_ends(policy) { Next { due: Some(now), ..next } } else { next }
}

/// Where a schedule stands that begins after this moment.
pub(super) fn next(
    id: ScheduleId,
    timing: &Timing,
    policy: &Policy,
    fires: u64,
    after: Timestamp,
) -> Next {
    let schedule = Decided { id, timing, policy };
    let state = State { next_slot: None, fires, paused: false }.planned(schedule, after);
    Next { slot: state.next_slot, due: look_at(schedule, &state) }
}

/// The present time, or the last slot that was handled if that lies after it: an instance whose clock is ahead
/// has handled it, or this one was held up since it looked at its own. No slot is handled twice.
pub(super) fn passed(tx: &mut Tx<'_>, id: ScheduleId, now: Timestamp) -> Result<Timestamp> {
    let last = fires::last(id).first_in(tx)?;
    let last = last.map(|(slot, until)| Timestamp::from_micros(until.unwrap_or(slot)));
    Ok(last.map_or(now, |last| max(last, now)))
}

/// Records the slots that have come and were not handled, which a pause or a change leaves out. To be called
/// once the schedule itself is written, so that it waits for whoever is handling one of them.
pub(super) fn leave_out(
    tx: &mut Tx<'_>,
    before: &ScheduleRow,
    id: FireId,
    now: Timestamp,
) -> Result<()> {
    if before.paused_at.is_some() {
        return Ok(());
    }
    let (timing, policy): (Timing, Policy) = (stored(&before.timing)?, stored(&before.policy)?);
    let schedule = Decided { id: before.id, timing: &timing, policy: &policy };
    let state = State { next_slot: before.next_slot, fires: before.fires, paused: true };
    let decision = decide(schedule, &state, Activity::default(), now);
    let Some(skipped) = decision.skipped else { return Ok(()) };
    let missed = NewFire {
        id,
        schedule_id: before.id,
        slot: skipped.first,
        manual: false,
        status: FireStatus::Missed,
        missed: Some((skipped.count, skipped.last)),
        error: None,
        cancels: false,
        now,
    };
    fires::insert(&missed).expecting(1).run_in(tx)?;
    Ok(())
}
