//! Looking after due schedules: ends of runs, retries, what was queued, and slots that have come.

use std::cmp::min;

use futures::{StreamExt as _, stream};
use gathering_domain::{Duration, FireId, RunStatus, Timestamp};
use gathering_schedules::{
    Act, Activity, Bounds, Decision, MOST_UNDER_WAY, Schedule as Decided, State, decide, next_slot,
};
use gathering_storage::schedules::{
    self as rows, Advance, ScheduleRow, Standing,
    fires::{self, FireRow, FireStart, FireStatus, NewFire},
};

use super::{
    Policy, Schedules, Timing,
    fire::{Begun, Steps, begun},
    view::stored,
};
use crate::Result;

/// How many due schedules are taken at once.
const TAKEN_AT_ONCE: u32 = 128;
/// How many of them are handled at the same time: their appends share commits.
const TOGETHER: usize = 32;
/// How long a taken schedule is left to whoever took it, and so how late its slots are where that one has died.
/// Who takes longer does nothing twice: each step past a slot is taken once.
const LEASE: Duration = Duration::from_secs(3);
/// After what time one is looked at again that somebody else has moved on, or whose runs have changed.
const AT_ONCE_AGAIN: Duration = Duration::from_millis(100);
/// After what time one is looked at again that could not be handled.
const AGAIN: Duration = Duration::from_secs(2);
/// After what time one is looked at again of which something may come, in case nobody tells.
const IN_ANY_CASE: Duration = Duration::from_secs(60);
/// How many fires that are open a look takes in: all of them, and some that were started by hand.
pub(super) const MOST_OPEN: u32 = 2 * MOST_UNDER_WAY;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    /// How many schedules it looked at.
    pub looked_at: usize,
    /// When the next one is due.
    pub next_due: Option<Timestamp>,
}

/// What is under way of a schedule.
pub(super) struct UnderWay {
    pub(super) activity: Activity,
    /// When something of it is due.
    due: Option<Timestamp>,
}

impl UnderWay {
    /// Somebody else has begun what was to be, or the schedule is another one by now: that is seen soon.
    pub(super) fn moved_on(&mut self, now: Timestamp) {
        self.activity.running += 1;
        self.due = earlier(self.due, Some(now + AT_ONCE_AGAIN));
    }
}

/// A schedule that is due, taken by whoever looks after it.
#[derive(Debug)]
pub struct Taken {
    row: ScheduleRow,
    until: Timestamp,
}

impl Schedules<'_> {
    /// Handles the schedules that are due, some at a time, until none is or until it is told to stop. Any number
    /// of instances may do so at once.
    pub async fn sweep(&self, stopped: impl Fn() -> bool) -> Result<Swept> {
        let mut looked_at = 0;
        while !stopped() {
            let (due, full) = self.take_some().await?;
            looked_at += due.len();
            let looks = stream::iter(due).map(|taken| async move { self.look_after(&taken).await });
            looks.for_each_concurrent(TOGETHER, |look| look).await;
            if !full {
                break;
            }
        }
        let next: Option<(Option<i64>,)> = rows::next_due().first(self.app.database()).await?;
        let next_due = next.and_then(|(at,)| at).map(Timestamp::from_micros);
        Ok(Swept { looked_at, next_due })
    }

    /// Takes schedules that are due, so that nobody else looks after them for a while. Nobody looks any more after
    /// those of a project that was closed.
    pub async fn take(&self) -> Result<Vec<Taken>> {
        Ok(self.take_some().await?.0)
    }

    /// The same, and whether there may be more.
    async fn take_some(&self) -> Result<(Vec<Taken>, bool)> {
        let now = self.app.now();
        let until = now + LEASE;
        let due =
            self.app.transact(move |tx| Ok(rows::take_due(now, until, TAKEN_AT_ONCE).all_in(tx)?));
        let due = due.await?;
        let full = due.len() == TAKEN_AT_ONCE as usize;
        let taken = due.into_iter().filter(|row| row.due_at.is_some());
        Ok((taken.map(|row| Taken { row, until }).collect(), full))
    }

    /// Does what is due of a schedule, and says when it is to be looked at again. What somebody else has done
    /// meanwhile is not done again, however late this comes. One that cannot be handled here is left to whoever
    /// takes it when this lease is over: a newer build may read what this one does not.
    pub async fn look_after(&self, taken: &Taken) {
        let Taken { row, until } = taken;
        let due = match self.attend(row).await {
            Ok(due) => due,
            Err(error) => {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(error = cause, schedule.id = %row.id, "could not look after a schedule");
                if !error.may_pass() {
                    return;
                }
                Some(self.app.now() + AGAIN)
            }
        };
        let (id, until) = (row.id, *until);
        let said = self.app.transact(move |tx| Ok(rows::look_at(id, until, due).run_in(tx)?));
        if let Err(error) = said.await {
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(error = cause, schedule.id = %id, "could not say when a schedule is due");
        }
    }

    /// Does what is to be done about a schedule now, and answers when it is due next.
    pub(super) async fn attend(&self, row: &ScheduleRow) -> Result<Option<Timestamp>> {
        let (timing, policy): (Timing, Policy) = (stored(&row.timing)?, stored(&row.policy)?);
        let UnderWay { activity, due } = self.settle(row, &policy).await?;
        let schedule = Decided { id: row.id, timing: &timing, policy: &policy };
        let state = State { next_slot: row.next_slot, fires: row.fires, paused: false };
        let decision = decide(schedule, &state, activity, self.app.now());
        let look_at = decision.look_at;
        if !self.carry_out(row, (&timing, &policy), decision).await? {
            // Somebody else has, or what was under way has changed.
            return Ok(Some(self.app.now() + AT_ONCE_AGAIN));
        }
        Ok(earlier(look_at, due))
    }

    /// Goes past the slots of a decision, one by one. False if the schedule is elsewhere by now.
    async fn carry_out(
        &self,
        row: &ScheduleRow,
        (timing, policy): (&Timing, &Policy),
        decision: Decision,
    ) -> Result<bool> {
        let Decision { fires: slots, skipped, state, .. } = decision;
        let step = |from, to, fired, fires| Advance {
            schedule_id: row.id,
            version: row.version,
            from,
            to,
            fired,
            fires,
        };
        // Under new rules of a time zone the first slot may be another than the one that is stored.
        let mut stands_at = row.next_slot;
        if let (Some(skipped), Some(from)) = (skipped, stands_at) {
            let to = slots.first().map(|fire| fire.slot).or(state.next_slot);
            let missed = NewFire {
                id: FireId::next(&*self.app.inner.ids),
                schedule_id: row.id,
                slot: skipped.first,
                manual: false,
                status: FireStatus::Missed,
                missed: Some((skipped.count, skipped.last)),
                error: None,
                cancels: false,
                now: self.app.now(),
            };
            stands_at = to;
            let step = step(from, to, row.fires, false);
            if self.record(missed, Some(step)).await?.is_none() {
                return Ok(false);
            }
        }
        let mut fired = row.fires;
        for (nth, fire) in slots.iter().enumerate() {
            let to = slots.get(nth + 1).map(|next| next.slot).or(state.next_slot);
            // What is refused does not count: what follows it is not the end.
            let after = to.or_else(|| next_slot(timing, fire.slot, Bounds::from(policy)));
            let (from, counts) = (stands_at.unwrap_or(fire.slot), fire.act != Act::Skip);
            let steps = Steps {
                handled: step(from, to, fired, counts),
                refused: step(from, after, fired, false),
            };
            let new = (FireId::next(&*self.app.inner.ids), Some(steps));
            let became = self.handle(row, policy.overlap, (fire.slot, fire.act), new).await?;
            match became {
                None => return Ok(false),
                // Another one than was decided is the last that may fire.
                Some(FireStatus::Refused) if policy.max_fires.is_some() => return Ok(false),
                Some(FireStatus::Refused) => {}
                Some(_) => fired += u64::from(counts),
            }
            stands_at = to;
        }
        Ok(true)
    }

    /// Takes in which runs have ended, tries again what is to be, and starts what has waited long enough.
    pub(super) async fn settle(&self, row: &ScheduleRow, policy: &Policy) -> Result<UnderWay> {
        let mut open = fires::open(row.id, MOST_OPEN).all(self.app.database()).await?;
        if let Some(latest) = open.iter().rev().find(|fire| fire.cancels).cloned() {
            open = self.supersede(row, &latest, open).await?;
        }
        let mut under_way = UnderWay { activity: Activity::default(), due: None };
        let mut queued = Vec::new();
        for fire in open {
            match fire.status {
                FireStatus::Queued => queued.push(fire),
                FireStatus::Retrying => self.retry_due(row, &fire, &mut under_way).await?,
                _ => self.ended(policy, &fire, &mut under_way).await?,
            }
        }
        for fire in queued {
            // What waits when a schedule is paused waits until it goes on.
            if under_way.activity.running > 0 || row.paused_at.is_some() {
                under_way.activity.waiting += 1;
                continue;
            }
            let occasion = (fire.slot, fire.manual);
            match self
                .begin(row, occasion, FireStart::Queued { id: fire.id, standing: standing(row) })
                .await?
            {
                Begun::Yes => under_way.activity.running += 1,
                Begun::MovedOn => under_way.moved_on(self.app.now()),
                Begun::Refused(why) => {
                    let why = serde_json::to_string(&why).ok();
                    if self.refuse_waiting(row, policy, &fire, why).await?.is_some() {
                        under_way.moved_on(self.app.now());
                    }
                }
            }
        }
        let heeded = policy.retry.is_some() || under_way.activity.waiting > 0;
        if heeded && under_way.activity.running > 0 {
            under_way.due = earlier(under_way.due, Some(self.app.now() + IN_ANY_CASE));
        }
        Ok(under_way)
    }

    /// Takes in the end of a fire's run, if it has ended.
    async fn ended(&self, policy: &Policy, fire: &FireRow, under_way: &mut UnderWay) -> Result<()> {
        let (Some(run_id), Some(status)) = (fire.run_id, fire.run_status) else {
            return self.close_as_read(fire, FireStatus::Ended, None, under_way).await;
        };
        let Some(finished_at) = fire.run_finished_at else {
            under_way.activity.running += 1;
            return Ok(());
        };
        let failed = matches!(status, RunStatus::Failed | RunStatus::TimedOut);
        let retry = policy.retry.filter(|_| failed);
        let Some(delay) = retry.and_then(|retry| retry.delay_after(fire.attempt)) else {
            return self.close_as_read(fire, FireStatus::Ended, None, under_way).await;
        };
        let (id, at) = (fire.id, finished_at + delay);
        let put_off =
            self.app.transact(move |tx| Ok(fires::retry_later(id, run_id, at).run_in(tx)?));
        put_off.await?;
        under_way.activity.running += 1;
        under_way.due = earlier(under_way.due, Some(at));
        Ok(())
    }

    /// Tries the run of a fire again, if it is time.
    async fn retry_due(
        &self,
        row: &ScheduleRow,
        fire: &FireRow,
        under_way: &mut UnderWay,
    ) -> Result<()> {
        let Some(of) = fire.run_id else {
            return self.close_as_read(fire, FireStatus::Ended, None, under_way).await;
        };
        if row.paused_at.is_some() {
            under_way.activity.running += 1;
            return Ok(());
        }
        if fire.retry_at.is_some_and(|at| at > self.app.now()) {
            under_way.activity.running += 1;
            under_way.due = earlier(under_way.due, fire.retry_at);
            return Ok(());
        }
        let again = FireStart::Again { id: fire.id, standing: standing(row), of };
        let retried = async {
            let caller = self.maker(row).await?;
            self.app.runs().retry_for(&caller, of, None, Some(again)).await
        };
        match begun(Box::pin(retried).await.map(drop))? {
            Begun::Yes => {
                under_way.activity.running += 1;
                Ok(())
            }
            Begun::MovedOn => {
                under_way.moved_on(self.app.now());
                Ok(())
            }
            Begun::Refused(why) => {
                let (why, status) = (serde_json::to_string(&why).ok(), FireStatus::Ended);
                self.close_as_read(fire, status, why, under_way).await
            }
        }
    }
}

/// A schedule as it was read.
const fn standing(row: &ScheduleRow) -> Standing {
    Standing { schedule_id: row.id, version: row.version }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(min(one, other)),
        (one, other) => one.or(other),
    }
}
