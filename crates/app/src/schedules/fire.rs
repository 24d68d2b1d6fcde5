//! One fire: the start of a run, or the record of why there is none.

use std::fmt::Write as _;

use gathering_domain::{
    Actor, AuditAction, Duration, Failure, FireId, Permission, RunId, ScheduleId, Timestamp,
};
use gathering_engine::Limits;
use gathering_schedules::{Act, Overlap};
use gathering_storage::schedules::{
    self as rows, Advance, ScheduleRow,
    fires::{self, FireRow, FireStart, FireStatus, NewFire},
};
use serde_json::{Value, json};

use super::{
    Fire, Schedules,
    action::{Occasion, ScheduledAction},
    view::stored,
};
use crate::{
    Caller, Error, Result,
    audit::Target,
    idempotency::asked_once,
    runs::{StartRun, Trigger},
    store_error::{has_moved_on, is_taken},
};

/// How often a start by hand looks anew at what is under way, if that changes meanwhile.
const LOOKS: u32 = 5;
/// When whoever could not start it comes back.
const COME_BACK: Duration = Duration::from_secs(1);
/// The scope of idempotency keys of starts by hand.
const SCOPE: &str = "schedule.trigger";
/// Why runs are cancelled whose schedule starts the next one.
const SUPERSEDED: &str = "the schedule has started its next run";

/// What became of an attempt to start a run.
pub(super) enum Begun {
    /// It is there.
    Yes,
    /// Somebody else has handled the slot, or the schedule was paused or changed.
    MovedOn,
    /// It could not be, for good.
    Refused(Failure),
}

/// By which step a schedule goes past a slot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps {
    /// If it becomes what was decided.
    pub(super) handled: Advance,
    /// If what was to be started is refused, which does not count.
    pub(super) refused: Advance,
}

impl Schedules<'_> {
    /// Fires a schedule by hand, beside its slots; once for a key.
    pub async fn trigger(
        &self,
        caller: &Caller,
        id: ScheduleId,
        key: Option<String>,
    ) -> Result<Fire> {
        let project_id = caller.require_here(Permission::RunStart)?;
        let asked = asked_once(SCOPE, key, || json!({ "schedule": id }))?;
        let row = self.row(project_id, id).await?;
        let (trail, new) = (self.app.trail(caller), FireId::next(&*self.app.inner.ids));
        let fire = self.app.make_once(project_id, asked, new.uuid(), move |tx, earlier| {
            if let Some(earlier) = earlier {
                return Ok(FireId::from_uuid(earlier.target_id));
            }
            let target = Target::new("schedule", &id);
            trail.done(tx, AuditAction::ScheduleTrigger, target, Value::Null)?;
            Ok(new)
        });
        let fire = fire.await?;
        let policy: super::Policy = stored(&row.policy)?;
        for _ in 0..LOOKS {
            // Also after a crash between the key and the fire: the key has the fire's id.
            if let Some(found) = fires::find(fire).first(self.app.database()).await? {
                return Ok(Fire::of(found));
            }
            let under_way = self.settle(&row, &policy).await?;
            let act = policy.overlap.act(under_way.activity);
            let new = (fire, None);
            match self.handle(&row, policy.overlap, (self.app.now(), act), new).await {
                Ok(_) => {}
                // By another request with the same key.
                Err(error) if is_taken(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let found = fires::find(fire).first(self.app.database()).await?;
        found.map(Fire::of).ok_or(Error::Busy { what: "the schedule", retry_after: COME_BACK })
    }

    /// Does what is to be done about a slot, or about a start by hand if there is no step to take, and answers what
    /// became of it. None if somebody else has, or if what is under way has changed.
    pub(super) async fn handle(
        &self,
        row: &ScheduleRow,
        overlap: Overlap,
        (slot, act): (Timestamp, Act),
        (id, steps): (FireId, Option<Steps>),
    ) -> Result<Option<FireStatus>> {
        let step = steps.map(|steps| steps.handled);
        let fire = |status| NewFire {
            id,
            schedule_id: row.id,
            slot,
            manual: step.is_none(),
            status,
            missed: None,
            error: None,
            cancels: act == Act::CancelAndStart && status == FireStatus::Started,
            now: self.app.now(),
        };
        match act {
            Act::Skip => self.record(fire(FireStatus::Skipped), step).await,
            Act::Wait => self.record(fire(FireStatus::Queued), step).await,
            Act::Start | Act::CancelAndStart => {
                let new = fire(FireStatus::Started);
                let alone = matches!(overlap, Overlap::Skip | Overlap::Queue);
                let start = FireStart::New { fire: new.clone(), step, alone };
                match self.begin(row, (slot, step.is_none()), start).await? {
                    // Whoever comes late has not begun, and cancels nothing.
                    Begun::Yes if act == Act::CancelAndStart => {
                        let open = fires::open(row.id, super::sweep::MOST_OPEN);
                        let open = open.all(self.app.database()).await?;
                        if let Some(begun) = open.iter().find(|fire| fire.id == new.id).cloned() {
                            self.supersede(row, &begun, open).await?;
                        }
                        Ok(Some(new.status))
                    }
                    Begun::Yes => Ok(Some(new.status)),
                    Begun::MovedOn => Ok(None),
                    Begun::Refused(why) => {
                        let error = serde_json::to_string(&why).ok();
                        let status = FireStatus::Refused;
                        let refused = NewFire { status, error, cancels: false, ..new };
                        self.record(refused, steps.map(|steps| steps.refused)).await
                    }
                }
            }
        }
    }

    /// Starts the run of a fire, for whoever changed the schedule last, with the rights that they have now.
    pub(super) async fn begin(
        &self,
        row: &ScheduleRow,
        (slot, manual): (Timestamp, bool),
        fire: FireStart,
    ) -> Result<Begun> {
        let occasion = Occasion { schedule: row.name.clone(), slot, manual };
        let started = async {
            let action: ScheduledAction = stored(&row.action)?;
            let (what, input) = action.start(&occasion)?;
            let caller = self.maker(row).await?;
            let command = StartRun {
                what,
                input,
                trigger: Trigger::Schedule,
                idempotency_key: None,
                model: None,
                limits: Limits::default(),
                priority: None,
            };
            self.app.runs().start_fire(&caller, command, fire).await
        };
        // On the heap: a start reads definitions, and its future would be in that of whoever fires.
        begun(Box::pin(started).await.map(drop))
    }

    /// Whom the runs of a schedule act for.
    pub(super) async fn maker(&self, row: &ScheduleRow) -> Result<Caller> {
        self.app.identity().acting(row.actor, row.api_key_id, row.project_id).await
    }

    /// Writes a fire that has no run, with the step past its slot. None if somebody else has taken that step, or if
    /// it was to wait and another one does.
    pub(super) async fn record(
        &self,
        fire: NewFire,
        step: Option<Advance>,
    ) -> Result<Option<FireStatus>> {
        let status = fire.status;
        let written = self.app.transact(move |tx| {
            let waits = fire.status == FireStatus::Queued;
            if waits && fires::waiting(fire.schedule_id).first_in(tx)?.is_some_and(|(n,)| n > 0) {
                return Ok(None);
            }
            let handled = match step {
                Some(step) => rows::advance(step).run_in(tx)?,
                // The run for whose end it waits may have ended since it was looked at.
                None if waits => rows::look_now(fire.schedule_id, fire.now).run_in(tx)?,
                None => 1,
            };
            if handled == 0 {
                return Ok(None);
            }
            fires::insert(&fire).expecting(1).run_in(tx)?;
            Ok(Some(status))
        });
        written.await
    }

    /// Cancels the runs of a schedule that came before a fire, and what waits for them. Answers what is left.
    pub(super) async fn supersede(
        &self,
        row: &ScheduleRow,
        latest: &FireRow,
        open: Vec<FireRow>,
    ) -> Result<Vec<FireRow>> {
        let before = |fire: &FireRow| fire.id != latest.id && fire.created_at <= latest.created_at;
        let (superseded, mut left) = open.into_iter().partition::<Vec<_>, _>(before);
        let mut missed = false;
        for fire in superseded {
            let still = self.end_superseded(row, fire).await?;
            missed |= still.is_some();
            left.extend(still);
        }
        // What others have moved on each time is superseded at the next look.
        if !missed {
            let id = latest.id;
            self.app.transact(move |tx| Ok(fires::cancelled(id).run_in(tx)?)).await?;
        }
        Ok(left)
    }

    /// Has a fire end that a later one supersedes. Answers what it is by now if others have moved it on each time.
    async fn end_superseded(
        &self,
        row: &ScheduleRow,
        mut fire: FireRow,
    ) -> Result<Option<FireRow>> {
        for _ in 0..LOOKS {
            if let (FireStatus::Started, Some(run_id)) = (fire.status, fire.run_id) {
                self.cancel_superseded(row, run_id).await?;
            }
            let status =
                if fire.run_id.is_some() { FireStatus::Ended } else { FireStatus::Skipped };
            match self.close(&fire, status, None).await? {
                None => return Ok(None),
                Some(by_now) => fire = by_now,
            }
        }
        Ok(Some(fire))
    }

    /// Asks a run to end that a later one supersedes: for whoever changed the schedule last, or, where they may not
    /// any more, in the server's name. What is refused even so is left alone: it must not hold up the slots.
    async fn cancel_superseded(&self, row: &ScheduleRow, run_id: RunId) -> Result<()> {
        let maker = match self.maker(row).await {
            Err(error) if error.may_pass() => return Err(error),
            maker => maker.ok(),
        };
        let server = self.app.identity().acting(Actor::System, None, row.project_id).await?;
        for caller in maker.into_iter().chain([server]) {
            match self.app.runs().cancel(&caller, run_id, SUPERSEDED).await {
                // One that has ended meanwhile needs no end.
                Ok(_) | Err(Error::Conflict { .. } | Error::NotFound { .. }) => return Ok(()),
                Err(error) if error.may_pass() => return Err(error),
                Err(error) => {
                    let cause = &error as &dyn std::error::Error;
                    tracing::warn!(error = cause, run.id = %run_id, "could not cancel a superseded run");
                }
            }
        }
        Ok(())
    }
}

/// What the answer to a start means for a schedule. A store that did not answer is asked again.
pub(super) fn begun(started: Result<()>) -> Result<Begun> {
    match started {
        Ok(()) => Ok(Begun::Yes),
        Err(error) if has_moved_on(&error) => Ok(Begun::MovedOn),
        Err(error) if error.may_pass() => Err(error),
        Err(error) => Ok(Begun::Refused(refusal(&error))),
    }
}

/// Why nothing was started. An internal cause is for the log alone.
fn refusal(error: &Error) -> Failure {
    if let Error::Internal(cause) = error {
        let cause = cause as &dyn std::error::Error;
        tracing::error!(error = cause, "could not start what a schedule starts");
        return Failure::fatal(error.code(), "a defect of the server, which its log tells of");
    }
    let mut message = error.to_string();
    if let Error::Invalid { faults, .. } = error {
        for fault in faults {
            let _ = write!(message, "; {}: {}", fault.pointer, fault.message);
        }
    }
    Failure::fatal(error.code(), message)
}
