//! Making, changing, pausing and removing schedules.

use gathering_domain::{AuditAction, Fault, FireId, Name, Permission, Pointer, ScheduleId};
use gathering_storage::{
    Tx,
    schedules::{self as rows, Next, PutSchedule, ScheduleRow, fires},
};
use serde_json::{Value, json};

use super::{
    SCHEDULES_CHANNEL, Schedule, ScheduleDocument, Schedules,
    action::Occasion,
    standing::{self, LeftOut},
    view::stored,
};
use crate::{Caller, Conflict, Error, Result, audit::Target, idempotency::asked_once};

/// The scope of idempotency keys of schedules.
const SCOPE: &str = "schedule.create";
/// The most schedules of a project.
const MOST_SCHEDULES: u64 = 10_000;
/// The largest document, in bytes of JSON.
const MAX_DOCUMENT_BYTES: usize = 256 * 1024;

impl Schedules<'_> {
    /// Makes a schedule, once for a key. Its runs act for the caller, with the rights that they have then.
    pub async fn create(
        &self,
        caller: &Caller,
        document: ScheduleDocument,
        key: Option<String>,
    ) -> Result<Schedule> {
        let project_id = caller.require_here(Permission::DefinitionWrite)?;
        let asked = asked_once(SCOPE, key, || json!(document))?;
        if let Some(earlier) = self.app.made_before(project_id, asked.as_ref()).await? {
            return Schedule::of(
                self.row(project_id, ScheduleId::from_uuid(earlier.target_id)).await?,
            );
        }
        let id = ScheduleId::next(&*self.app.inner.ids);
        // It is a large future, as whatever reads definitions.
        let put = Box::pin(self.checked(caller, id, document)).await?;
        require_slot(put.next)?;
        let trail = self.app.trail(caller);
        let made = self.app.make_once(project_id, asked, id.uuid(), move |tx, earlier| {
            if let Some(earlier) = earlier {
                return read_back(tx, &put, ScheduleId::from_uuid(earlier.target_id));
            }
            refuse_taken(tx, &put)?;
            let (count,) = rows::count(project_id).first_in(tx)?.unwrap_or_default();
            if count >= MOST_SCHEDULES {
                return Err(Error::Limit { what: "schedules", most: MOST_SCHEDULES });
            }
            rows::insert(&put).run_in(tx)?;
            tx.notify(SCHEDULES_CHANNEL, id.to_string());
            let detail = json!({ "name": put.name });
            trail.done(tx, AuditAction::ScheduleCreate, Target::new("schedule", &id), detail)?;
            read_back(tx, &put, id)
        });
        Schedule::of(made.await?)
    }

    /// Changes a schedule, if it is still at `version`. Its runs act for the caller from now on. What is due is
    /// handled as it was, or, if that cannot be, recorded as missed. Another timing, jitter, start or end begins
    /// with the first slot after now: what has come and is still put off is recorded as missed. Else it has its
    /// turn by the new policy.
    pub async fn update(
        &self,
        caller: &Caller,
        id: ScheduleId,
        document: ScheduleDocument,
        version: u64,
    ) -> Result<Schedule> {
        caller.require_here(Permission::DefinitionWrite)?;
        let (timing, policy) = (document.timing.clone(), document.policy.clone());
        let put = Box::pin(self.checked(caller, id, document)).await?;
        Box::pin(self.catch_up(put.project_id, id)).await?;
        let (trail, left_out) = (self.app.trail(caller), FireId::next(&*self.app.inner.ids));
        let changed = self.app.audited(move |tx| {
            let before = find(tx, &put, id)?;
            if before.version != version {
                let current = before.version;
                return Err(Error::PreconditionFailed { noun: "schedule", current });
            }
            if before.name != put.name {
                refuse_taken(tx, &put)?;
            }
            // Words, names and what is started do not move the slots.
            let stays = before.timing == put.timing && before.policy == put.policy;
            let (which, next) = if stays {
                (None, Next { slot: before.next_slot, due: before.due_at })
            } else {
                let (which, next) = standing::changed(tx, &before, (&timing, &policy), put.now)?;
                require_slot(next)?;
                (Some(which), next)
            };
            let put = PutSchedule { next, ..put.clone() };
            rows::update(&put, version).expecting(1).run_in(tx)?;
            if let Some(which) = which {
                standing::leave_out(tx, &before, (left_out, which), put.now)?;
            }
            tx.notify(SCHEDULES_CHANNEL, id.to_string());
            let detail = json!({ "name": put.name, "version": version + 1 });
            trail.done(tx, AuditAction::ScheduleUpdate, Target::new("schedule", &id), detail)?;
            read_back(tx, &put, id)
        });
        Schedule::of(changed.await?)
    }

    /// Pauses a schedule: from the commit on nothing of it fires, on any instance. Slots that have come by then
    /// and were not handled, due or still put off, are recorded as missed. Runs that it has started go on. Paused once more it stays so.
    pub async fn pause(&self, caller: &Caller, id: ScheduleId) -> Result<Schedule> {
        let project_id = caller.require_here(Permission::RunStart)?;
        let (trail, now) = (self.app.trail(caller), self.app.now());
        let left_out = FireId::next(&*self.app.inner.ids);
        let paused = self.app.audited(move |tx| {
            let before = rows::find(project_id, id).first_in(tx)?;
            let before = before.ok_or_else(|| Error::not_found("schedule", id))?;
            if rows::pause(project_id, id, now).run_in(tx)? > 0 {
                let left_out = (left_out, LeftOut::Come);
                standing::leave_out(tx, &before, left_out, now)?;
                let target = Target::new("schedule", &id);
                trail.done(tx, AuditAction::SchedulePause, target, Value::Null)?;
            }
            let row = rows::find(project_id, id).first_in(tx)?;
            row.ok_or(Error::defect("read back a schedule"))
        });
        Schedule::of(paused.await?)
    }

    /// Lets a schedule go on with the first slot after now: those of the pause are not made up for.
    pub async fn resume(&self, caller: &Caller, id: ScheduleId) -> Result<Schedule> {
        let project_id = caller.require_here(Permission::RunStart)?;
        let (trail, now) = (self.app.trail(caller), self.app.now());
        let resumed = self.app.audited(move |tx| {
            let row = rows::find(project_id, id).first_in(tx)?;
            let row = row.ok_or_else(|| Error::not_found("schedule", id))?;
            if row.paused_at.is_none() {
                return Ok(row);
            }
            let (timing, policy) = (stored(&row.timing)?, stored(&row.policy)?);
            let after = standing::passed(tx, id, now)?;
            let next = standing::again(id, &timing, &policy, row.fires, (after, now));
            rows::resume(project_id, id, next, now).expecting(1).run_in(tx)?;
            tx.notify(SCHEDULES_CHANNEL, id.to_string());
            trail.done(
                tx,
                AuditAction::ScheduleResume,
                Target::new("schedule", &id),
                Value::Null,
            )?;
            let row = rows::find(project_id, id).first_in(tx)?;
            row.ok_or(Error::defect("read back a schedule"))
        });
        Schedule::of(resumed.await?)
    }

    /// Removes a schedule. Runs that it has started go on, and are not tried again.
    pub async fn delete(&self, caller: &Caller, id: ScheduleId) -> Result<()> {
        let project_id = caller.require_here(Permission::DefinitionWrite)?;
        let trail = self.app.trail(caller);
        let deleted = self.app.audited(move |tx| {
            let row = rows::find(project_id, id).first_in(tx)?;
            let row = row.ok_or_else(|| Error::not_found("schedule", id))?;
            rows::delete(project_id, id).expecting(1).run_in(tx)?;
            fires::abandon(id).run_in(tx)?;
            let detail = json!({ "name": row.name });
            trail.done(tx, AuditAction::ScheduleDelete, Target::new("schedule", &id), detail)
        });
        deleted.await
    }

    /// What is stored of a document, if it is good.
    async fn checked(
        &self,
        caller: &Caller,
        id: ScheduleId,
        document: ScheduleDocument,
    ) -> Result<PutSchedule> {
        let project_id = caller.require_here(Permission::DefinitionWrite)?;
        let ScheduleDocument { name, timing, policy, action } = document;
        let mut faults = timing.check(&Pointer::from_text("/timing"));
        faults.extend(policy.check(&Pointer::from_text("/policy")));
        let name = Name::try_from(name).map_err(|error| {
            Fault::new(Pointer::from_text("/name"), "invalid_name", error.to_string())
        });
        let name = name.map_err(|fault| faults.push(fault)).ok();
        let (Some(name), true) = (name, faults.is_empty()) else {
            return Err(Error::invalid("the schedule cannot be used", faults));
        };
        let now = self.app.now();
        let next = standing::next(id, &timing, &policy, 0, now);
        let slot = next.slot.unwrap_or(now);
        let sample = Occasion { schedule: name.to_string(), slot, manual: false };
        action.check(self.app, caller, &sample).await?;
        let put = PutSchedule {
            id,
            project_id,
            name: name.to_string(),
            actor: caller.actor(),
            api_key_id: caller.api_key(),
            timing: json!(timing).to_string(),
            policy: json!(policy).to_string(),
            action: json!(action).to_string(),
            next,
            heeds_ends: standing::heeds_ends(&policy),
            now,
        };
        if put.timing.len() + put.policy.len() + put.action.len() > MAX_DOCUMENT_BYTES {
            return Err(Error::TooLarge { what: "schedule", most: MAX_DOCUMENT_BYTES as u64 });
        }
        Ok(put)
    }
}

/// Refuses a schedule of which no slot is left.
fn require_slot(next: Next) -> Result<()> {
    if next.slot.is_some() {
        return Ok(());
    }
    let message = "no time is left at which it could fire: it has passed, or lies outside `start` and `end`, \
                   or it has fired as often as it may";
    Err(Error::invalid_field("/timing", "never_comes", message))
}

fn find(tx: &mut Tx<'_>, put: &PutSchedule, id: ScheduleId) -> Result<ScheduleRow> {
    let row = rows::find(put.project_id, id).first_in(tx)?;
    row.ok_or_else(|| Error::not_found("schedule", id))
}

fn read_back(tx: &mut Tx<'_>, put: &PutSchedule, id: ScheduleId) -> Result<ScheduleRow> {
    let row = rows::find(put.project_id, id).first_in(tx)?;
    row.ok_or(Error::defect("read back a schedule"))
}

fn refuse_taken(tx: &mut Tx<'_>, put: &PutSchedule) -> Result<()> {
    if rows::find_named(put.project_id, &put.name).first_in(tx)?.is_some() {
        let message = format!("there is a schedule `{}`", put.name);
        return Err(Error::conflict(Conflict::NameTaken, message));
    }
    Ok(())
}
