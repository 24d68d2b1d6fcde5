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
    heeded(next(id, timing, policy, fires, after), policy, now)
}

fn heeded(next: Next, policy: &Policy, now: Timestamp) -> Next {
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
    stands(schedule, State { next_slot: None, fires, paused: false }.planned(schedule, after))
}

fn stands(schedule: Decided<'_>, state: State) -> Next {
    Next { slot: state.next_slot, due: look_at(schedule, &state) }
}

/// The present time, or the last slot that was handled if that lies after it: an instance whose clock is ahead
/// has handled it, or this one was held up since it looked at its own. No slot is handled twice.
pub(super) fn passed(tx: &mut Tx<'_>, id: ScheduleId, now: Timestamp) -> Result<Timestamp> {
    let last = fires::last(id).first_in(tx)?;
    let last = last.map(|(slot, until)| Timestamp::from_micros(until.unwrap_or(slot)));
    Ok(last.map_or(now, |last| max(last, now)))
}

/// Which slots a pause or a change leaves out of those that have come and were not handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// Those that are due: what is still put off has its turn when it is due.
    Due,
    /// All of them.
    Come,
}

/// What a change of this schedule leaves out, and where it stands then: one that moves no slot, and puts none off
/// otherwise, keeps those that have come and are not due yet.
pub(super) fn changed(
    tx: &mut Tx<'_>,
    before: &ScheduleRow,
    (timing, policy): (&Timing, &Policy),
    now: Timestamp,
) -> Result<(LeftOut, Next)> {
    let (old_timing, old_policy): (Timing, Policy) =
        (stored(&before.timing)?, stored(&before.policy)?);
    let stays = *timing == old_timing && policy.keeps_slots_of(&old_policy);
    if !stays || before.paused_at.is_some() || before.next_slot.is_none() {
        let after = passed(tx, before.id, now)?;
        return Ok((LeftOut::Come, again(before.id, timing, policy, before.fires, (after, now))));
    }
    let schedule = Decided { id: before.id, timing, policy };
    let state = State { next_slot: before.next_slot, fires: before.fires, paused: false };
    let next = heeded(stands(schedule, state.kept(schedule, now)), policy, now);
    Ok((LeftOut::Due, next))
}

/// Records the slots that have come and were not handled, which a pause or a change leaves out. To be called
/// once the schedule itself is written, so that it waits for whoever is handling one of them.
pub(super) fn leave_out(
    tx: &mut Tx<'_>,
    before: &ScheduleRow,
    (id, which): (FireId, LeftOut),
    now: Timestamp,
) -> Result<()> {
    if before.paused_at.is_some() {
        return Ok(());
    }
    let (timing, policy): (Timing, Policy) = (stored(&before.timing)?, stored(&before.policy)?);
    let schedule = Decided { id: before.id, timing: &timing, policy: &policy };
    let state = State { next_slot: before.next_slot, fires: before.fires, paused: true };
    let skipped = match which {
        LeftOut::Due => decide(schedule, &state, Activity::default(), now).skipped,
        LeftOut::Come => state.come(schedule, now),
    };
    let Some(skipped) = skipped else { return Ok(()) };
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
