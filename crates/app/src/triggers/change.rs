//! Making, changing, pausing and removing triggers.

use gathering_domain::{AuditAction, Permission, ProjectId, TriggerId};
use gathering_storage::{
    IdempotencyRow, Position, Tx, cursors,
    triggers::{self as rows, TriggerRow},
};
use serde_json::{Value, json};

use super::{
    CURSOR, EventTrigger, MOST_TRIGGERS, TriggerRules, TriggerSpec, Triggers, rules::check,
};
use crate::{Caller, Conflict, Error, Result, audit::Target, idempotency::asked_once};

/// The scope of idempotency keys of triggers.
const SCOPE: &str = "trigger.create";

impl Triggers<'_> {
    /// Makes a trigger that acts for the caller, once for a key. It fires for what happens from now on.
    pub async fn create(
        &self,
        caller: &Caller,
        spec: TriggerSpec,
        key: Option<String>,
    ) -> Result<EventTrigger> {
        let project_id = caller.require_here(Permission::DefinitionWrite)?;
        let rules = spec.rules.to_value()?;
        let asked = asked_once(SCOPE, key, || json!([spec.name, rules]))?;
        check(&spec)?;
        let id = TriggerId::next(&*self.app.inner.ids);
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let row = TriggerRow {
            id,
            project_id,
            actor: caller.actor(),
            api_key_id: caller.api_key(),
            name: spec.name,
            rules,
            enabled: true,
            since: Position::default(),
            version: 1,
            created_at: now,
            updated_at: now,
            started: 0,
            dropped: 0,
            failed: 0,
            last_at: None,
        };
        let starts = spec.rules.starts;
        let made = self.app.make_once(project_id, asked, id.uuid(), move |tx, earlier| {
            if let Some(IdempotencyRow { target_id, .. }) = earlier {
                let found = rows::find(project_id, (*target_id).into()).first_in(tx)?;
                return found.ok_or_else(|| Error::not_found("trigger", target_id));
            }
            starts.require(tx, project_id)?;
            require_free(tx, project_id, &row.name)?;
            let (count,) = rows::count(project_id).first_in(tx)?.unwrap_or_default();
            let most = MOST_TRIGGERS.into();
            if count >= most {
                return Err(Error::Limit { what: "triggers", most });
            }
            // Nothing that happens from now on is behind it.
            cursors::begin(CURSOR).run_in(tx)?;
            rows::insert(&row).run_in(tx)?;
            trail.done(tx, AuditAction::TriggerCreate, target(&row), detail(&row))?;
            Ok(row.clone())
        });
        made.await?.try_into()
    }

    /// Changes a trigger that is still at `version`. From then on it acts for the caller.
    pub async fn update(
        &self,
        caller: &Caller,
        id: TriggerId,
        spec: TriggerSpec,
        version: u64,
    ) -> Result<EventTrigger> {
        caller.require_here(Permission::DefinitionWrite)?;
        check(&spec)?;
        let (actor, api_key_id) = (caller.actor(), caller.api_key());
        let rules = spec.rules.to_value()?;
        let change = move |tx: &mut Tx<'_>, row: &mut TriggerRow| {
            if row.version != version {
                return Err(Error::PreconditionFailed { noun: "trigger", current: row.version });
            }
            spec.rules.starts.require(tx, row.project_id)?;
            if spec.name != row.name {
                require_free(tx, row.project_id, &spec.name)?;
            }
            (row.actor, row.api_key_id) = (actor, api_key_id);
            (row.name, row.rules) = (spec.name.clone(), rules.clone());
            Ok(())
        };
        self.change(caller, id, AuditAction::TriggerUpdate, change).await
    }

    /// Fires for nothing from now on.
    pub async fn pause(&self, caller: &Caller, id: TriggerId) -> Result<EventTrigger> {
        caller.require_here(Permission::RunStart)?;
        self.switch(caller, id, false).await
    }

    /// Fires again, for what happens from now on.
    pub async fn resume(&self, caller: &Caller, id: TriggerId) -> Result<EventTrigger> {
        caller.require_here(Permission::RunStart)?;
        self.switch(caller, id, true).await
    }

    /// Removes a trigger, with what is kept of its events.
    pub async fn delete(&self, caller: &Caller, id: TriggerId) -> Result<()> {
        let project_id = caller.require_here(Permission::DefinitionWrite)?;
        let trail = self.app.trail(caller);
        let deleted = self.app.audited(move |tx| {
            let row = rows::find(project_id, id).first_in(tx)?;
            let row = row.ok_or_else(|| Error::not_found("trigger", id))?;
            rows::delete(project_id, id).expecting(1).run_in(tx)?;
            rows::forget(id).run_in(tx)?;
            trail.done(tx, AuditAction::TriggerDelete, target(&row), detail(&row))
        });
        deleted.await
    }

    async fn switch(&self, caller: &Caller, id: TriggerId, enabled: bool) -> Result<EventTrigger> {
        let action = if enabled { AuditAction::TriggerResume } else { AuditAction::TriggerPause };
        let change = move |_: &mut Tx<'_>, row: &mut TriggerRow| {
            row.enabled = enabled;
            Ok(())
        };
        self.change(caller, id, action, change).await
    }

    /// Changes a trigger in one transaction; writes nothing where nothing changes.
    async fn change(
        &self,
        caller: &Caller,
        id: TriggerId,
        action: AuditAction,
        change: impl Fn(&mut Tx<'_>, &mut TriggerRow) -> Result<()> + Send + Sync + 'static,
    ) -> Result<EventTrigger> {
        let project_id = caller.require_project()?;
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let changed = self.app.audited(move |tx| {
            let found = rows::find(project_id, id).first_in(tx)?;
            let before = found.ok_or_else(|| Error::not_found("trigger", id))?;
            let mut row = before.clone();
            change(tx, &mut row)?;
            if row == before {
                return Ok(row);
            }
            row.updated_at = now;
            rows::update(&row).expecting(1).run_in(tx)?;
            row.version += 1;
            trail.done(tx, action, target(&row), detail(&row))?;
            Ok(row)
        });
        changed.await?.try_into()
    }
}

fn require_free(tx: &mut Tx<'_>, project_id: ProjectId, name: &str) -> Result<()> {
    if rows::find_named(project_id, name).first_in(tx)?.is_none() {
        return Ok(());
    }
    Err(Error::conflict(Conflict::NameTaken, format!("there is a trigger `{name}` already")))
}

fn target(row: &TriggerRow) -> Target {
    Target::new("trigger", &row.id)
}

fn detail(row: &TriggerRow) -> Value {
    let TriggerRow { name, version, rules, .. } = row;
    json!({ "name": name, "version": version, "starts": rules["starts"], "subjects": rules["subjects"] })
}

impl TriggerRules {
    /// Rules with the bounds that hold where nothing else is said.
    pub fn starting(starts: super::Startable) -> Self {
        Self {
            subjects: Vec::new(),
            filter: None,
            starts,
            input: None,
            own_events: false,
            per_minute: super::DEFAULT_PER_MINUTE,
        }
    }
}
