//! What to do about a schedule now: which slots fire, which are left out, when to look again.

mod answer;
mod line;
mod state;

pub use answer::{Act, Activity, Decision, Fire, MOST_UNDER_WAY, Reason, Skipped};
pub use state::{Schedule, State};

use gathering_domain::{Duration, Timestamp};

use crate::policy::{Misfire, Overlap};
use line::Line;

/// How late a slot may be handled and still be in time. A slot is missed if it is handled later
/// than this after it was due, or later than [`PATIENCE`] while a later slot is due as well.
pub const GRACE: Duration = Duration::from_secs(60);
/// How late a slot may be handled and still be in time although a later one is due: so a short halt
/// makes no burst of a schedule that fires every second, and a slow look does not lose a slot.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// The most slots that one decision fires, or leaves out one by one for overlap. What is due beyond
/// them is found at the next look, which is then due at once.
pub const MAX_FIRES_AT_ONCE: usize = 100;
/// How far slots of a cron expression that were left out are counted. Those of an interval are
/// always counted.
pub const MOST_COUNTED: u64 = 10_000;

/// Decides what to do about `schedule` in `state` at `now`.
///
/// Invariant: over any calls, with whatever `now`, each slot is in one decision, once: it fires, or
/// is left out. The state of the decision is to be stored in the transaction that carries the
/// decision out, and the next call takes it.
///
/// - **In time**: all due slots fire in order, as [`Overlap`] lets them.
/// - **Missed** (see [`GRACE`]): [`Misfire`] decides. With `fire_once` the latest due slot fires,
///   in time or not, and stands for those before it that were missed.
/// - **Paused**: due slots are left out, and there is no next look. See [`State::paused`].
/// - **Ended**: once [`max_fires`](crate::Policy::max_fires) slots have fired, or none comes any
///   more, the state has no next slot and there is no next look. A timing with faults is left as it
///   is, without a next look.
pub fn decide(
    schedule: Schedule<'_>,
    state: &State,
    activity: Activity,
    now: Timestamp,
) -> Decision {
    let mut decision = Decision::nothing(*state);
    let Some(line) = Line::of(schedule) else { return decision };
    decision.state.next_slot = line.first(state);
    decision.look_at = line.look(&decision.state);
    let Some(first) = decision.state.next_slot else { return decision };
    let Some(last) = line.latest_due(first, now) else { return decision };

    let rest = if state.paused { None } else { first_kept(&line, schedule, first, last, now) };
    if rest != Some(first) {
        let reason = if state.paused { Reason::Paused } else { Reason::Misfire };
        decision.skipped = line.skipped(first, rest, last, reason);
    }
    decision.state.next_slot = match rest {
        Some(rest) => fire(&line, schedule, &mut decision, activity, rest, last),
        None => line.next(last),
    };
    decision.look_at = line.look(&decision.state);
    decision
}

/// When to call [`decide`] for the state: when its next slot is due, jitter included. `None` while
/// paused, and after the end.
pub fn look_at(schedule: Schedule<'_>, state: &State) -> Option<Timestamp> {
    Line::of(schedule)?.look(state)
}

/// The first of the due slots that misfire does not leave out.
fn first_kept(
    line: &Line<'_>,
    schedule: Schedule<'_>,
    first: Timestamp,
    last: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    let misfire = schedule.policy.misfire;
    let window = match misfire {
        Misfire::Skip {} | Misfire::FireOnce {} => PATIENCE,
        Misfire::FireAll { within } => within.max(PATIENCE),
    };
    let is_last_kept = misfire == Misfire::FireOnce {} || now.since(line.due(last)) <= GRACE;
    let kept = line.first_due_from(first, earlier(now, window)).filter(|kept| *kept <= last);
    kept.or(is_last_kept.then_some(last))
}

/// Fires slots from `slot` to `last`, and gives the slot that is next.
fn fire(
    line: &Line<'_>,
    schedule: Schedule<'_>,
    decision: &mut Decision,
    mut activity: Activity,
    slot: Timestamp,
    last: Timestamp,
) -> Option<Timestamp> {
    let most = schedule.policy.max_fires.unwrap_or(u64::MAX);
    let mut next = Some(slot);
    while let Some(slot) = next.filter(|slot| *slot <= last) {
        if decision.state.fires >= most {
            return None;
        }
        if decision.fires.len() == MAX_FIRES_AT_ONCE {
            return Some(slot);
        }
        next = line.next(slot);
        let is_superseded = schedule.policy.overlap == Overlap::CancelPrevious
            && next.is_some_and(|next| next <= last)
            && decision.fires.len() + 1 < MAX_FIRES_AT_ONCE;
        let act = if is_superseded { Act::Skip } else { schedule.policy.overlap.act(activity) };
        activity.follow(act);
        decision.state.fires += u64::from(act != Act::Skip);
        decision.fires.push(Fire { slot, act });
    }
    next.filter(|_| decision.state.fires < most)
}

fn earlier(instant: Timestamp, by: Duration) -> Timestamp {
    let by = i64::try_from(by.micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(instant.micros().saturating_sub(by))
}
