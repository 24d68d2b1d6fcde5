//! Making, changing and closing projects.

use gathering_domain::{AuditAction, Fault, HostList, Name, Permission, Pointer, ProjectId};
use gathering_storage::{
    Tx, find_unended_of_project,
    projects::{self as rows, ProjectRow},
    quotas::{self, QuotasRow},
};
use serde_json::{Value, json};

use super::{MOST_PROJECTS, Project, Projects, open, project, require_reach};
use crate::{
    Caller, Conflict, Error, Quotas, Result, audit::Target, idempotency::asked_once,
    identity::project_closed, webhooks::machine::DeliveryMachine,
};

/// The scope of idempotency keys of projects.
const SCOPE: &str = "project.create";

/// What is changed of a project; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateProject {
    /// What it is called.
    pub name: Option<String>,
    /// To which hosts the requests of its tools and actions are held.
    pub egress_hosts: Option<EgressHosts>,
    /// What it may use at most.
    pub quotas: QuotaChanges,
}

/// What becomes of a quota.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum QuotaChange {
    /// It stays.
    #[default]
    Keep,
    /// There is no bound any more.
    Any,
    /// So much there may be.
    Most(u64),
}

impl QuotaChange {
    const fn of(self, before: Option<u64>) -> Option<u64> {
        match self {
            Self::Keep => before,
            Self::Any => None,
            Self::Most(most) => Some(most),
        }
    }
}

/// Quotas that are changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuotaChanges {
    /// Runs that are started on one day.
    pub runs_per_day: QuotaChange,
    /// Bytes of its artifacts.
    pub artifact_bytes: QuotaChange,
}

/// The largest quotas, beyond which none is meant.
const MOST_RUNS: u64 = 1_000_000_000;
const MOST_BYTES: u64 = 1_000_000_000_000_000;

impl QuotaChanges {
    fn checked(self) -> Result<Self> {
        let bounds = [
            (self.runs_per_day, MOST_RUNS, "/quotas/runs_per_day"),
            (self.artifact_bytes, MOST_BYTES, "/quotas/artifact_bytes"),
        ];
        for (quota, most, place) in bounds {
            if matches!(quota, QuotaChange::Most(quota) if quota > most) {
                let message = format!("a quota is at most {most}; `null` is no bound");
                return Err(Error::invalid_field(place, "too_large", message));
            }
        }
        Ok(self)
    }

    const fn of(self, before: Quotas) -> Quotas {
        Quotas {
            runs_per_day: self.runs_per_day.of(before.runs_per_day),
            artifact_bytes: self.artifact_bytes.of(before.artifact_bytes),
        }
    }
}

/// To which hosts the requests of a project's tools and actions are held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EgressHosts {
    /// The project does not narrow them.
    Any,
    /// To these alone.
    Only(Vec<String>),
}

impl EgressHosts {
    /// What is stored of it: each host in its one spelling.
    fn checked(self) -> Result<Option<Vec<String>>> {
        let Self::Only(texts) = self else { return Ok(None) };
        let hosts = HostList::read_hosts(&Pointer::from_text("/egress_hosts"), &texts).map_err(
            |faults| Error::invalid("the project cannot be held to these hosts", faults),
        )?;
        Ok(Some(hosts.into_iter().map(String::from).collect()))
    }
}

impl Projects<'_> {
    /// Makes a project, once for a key. Nobody is a member of it yet; those who run the server act in all.
    pub async fn create(
        &self,
        caller: &Caller,
        name: &str,
        key: Option<String>,
    ) -> Result<Project> {
        caller.require_any(Permission::ProjectWrite)?;
        // Keys of what belongs to no project are kept in the one that is never closed.
        let home = self.app.project();
        let asked = asked_once(SCOPE, key, || json!({ "name": name }))?;
        if let Some(earlier) = self.app.made_before(home, asked.as_ref()).await? {
            // Also to a key, which made it and acts in another one.
            let id = ProjectId::from_uuid(earlier.target_id);
            let found = rows::find(id).first(self.app.database()).await?;
            let row = found.ok_or_else(|| Error::not_found("project", id))?;
            return Ok(project(row, Some(caller.server_role())));
        }
        let name = checked(name)?;
        let (id, now) = (ProjectId::next(&*self.app.inner.ids), self.app.now());
        let (trail, role) = (self.app.trail(caller), Some(caller.server_role()));
        let made = self.app.make_once(home, asked, id.uuid(), move |tx, earlier| {
            if let Some(earlier) = earlier {
                let id = ProjectId::from_uuid(earlier.target_id);
                return Ok(project(find(tx, id)?, role));
            }
            refuse_taken(tx, &name)?;
            let (count,) = rows::count().first_in(tx)?.unwrap_or_default();
            if count >= MOST_PROJECTS {
                return Err(Error::Limit { what: "projects", most: MOST_PROJECTS });
            }
            rows::insert(id, &name, now).run_in(tx)?;
            let made = find(tx, id)?;
            let detail = json!({ "name": name });
            trail.done(tx, AuditAction::ProjectCreate, Target::new("project", &id), detail)?;
            Ok(project(made, role))
        });
        made.await
    }

    /// Changes a project, if it is still at `version`. Another list of hosts holds here at once, and on every
    /// instance within a second.
    pub async fn update(
        &self,
        caller: &Caller,
        id: ProjectId,
        command: UpdateProject,
        version: u64,
    ) -> Result<Project> {
        caller.require_any(Permission::ProjectWrite)?;
        require_reach(caller, id)?;
        let UpdateProject { name, egress_hosts, quotas } = command;
        let name = name.as_deref().map(checked).transpose()?;
        let hosts = egress_hosts.map(EgressHosts::checked).transpose()?;
        let quotas = quotas.checked()?;
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let (role, home) = (Some(caller.server_role()), self.app.project());
        let updated = self.app.audited(move |tx| {
            let before = open(tx, id)?;
            if before.version != version {
                let current = before.version;
                return Err(Error::PreconditionFailed { noun: "project", current });
            }
            let mut after = ProjectRow {
                name: name.clone().unwrap_or_else(|| before.name.clone()),
                egress_hosts: hosts.clone().unwrap_or_else(|| before.egress_hosts.clone()),
                ..before.clone()
            };
            let quotas_before = Quotas::from(before.quotas());
            let quotas_after = quotas.of(quotas_before);
            after.set_quotas(quotas_after.into());
            if after == before {
                return Ok(project(before, role));
            }
            if after.name != before.name {
                if id == home {
                    let message = "the server finds the project `default` by its name";
                    return Err(Error::conflict(Conflict::InUse, message));
                }
                refuse_taken(tx, &after.name)?;
            }
            rows::update(id, &after.name, after.egress_hosts.as_deref(), now).run_in(tx)?;
            if quotas_after != quotas_before {
                quotas::set(id, quotas_after.into()).run_in(tx)?;
                if quotas_after.runs_per_day.is_some() && quotas_before.runs_per_day.is_none() {
                    let day = quotas::day_of(now);
                    quotas::begin_day(id, day, DeliveryMachine::NAME).run_in(tx)?;
                }
            }
            after.version += 1;
            let target = Target::new("project", &id);
            trail.done(tx, AuditAction::ProjectUpdate, target, changed(&before, &after))?;
            Ok(project(after, role))
        });
        let updated = updated.await?;
        self.app.project_hosts().forget(id);
        self.app.inner.known_quotas.forget(id);
        Ok(updated)
    }

    /// Closes a project in which nothing runs: nobody acts in it any more, and what it holds stays.
    pub async fn close(&self, caller: &Caller, id: ProjectId) -> Result<()> {
        caller.require_any(Permission::ProjectWrite)?;
        require_reach(caller, id)?;
        if id == self.app.project() {
            let message = "the project `default` is the one in which whoever names none acts";
            return Err(Error::conflict(Conflict::InUse, message));
        }
        // Asked before the transaction, which must be short. A run that begins in between finds, at its
        // next step, that nobody acts in the project any more, and fails.
        let at_work = find_unended_of_project(id).first(self.app.database()).await?;
        let (now, trail) = (self.app.now(), self.app.trail(caller));
        let closed = self.app.audited(move |tx| {
            open(tx, id)?;
            if at_work.is_some() {
                let message = "the project has runs that have not ended: cancel them first";
                return Err(Error::conflict(Conflict::InUse, message));
            }
            rows::close(id, now).run_in(tx)?;
            project_closed(tx, id);
            let target = Target::new("project", &id);
            trail.done(tx, AuditAction::ProjectClose, target, Value::Null)
        });
        closed.await?;
        self.app.inner.sessions.clear();
        Ok(())
    }
}

fn find(tx: &mut Tx<'_>, id: ProjectId) -> Result<ProjectRow> {
    rows::find(id).first_in(tx)?.ok_or_else(|| Error::not_found("project", id))
}

/// What the audit trail tells of a change.
fn changed(before: &ProjectRow, after: &ProjectRow) -> Value {
    let mut told = json!({});
    if before.name != after.name {
        told["name"] = json!({ "from": before.name, "to": after.name });
    }
    if before.egress_hosts != after.egress_hosts {
        told["egress_hosts"] = json!({ "from": before.egress_hosts, "to": after.egress_hosts });
    }
    if before.quotas() != after.quotas() {
        let shown = |row: &ProjectRow| {
            let QuotasRow { runs_per_day, artifact_bytes } = row.quotas();
            json!({ "runs_per_day": runs_per_day, "artifact_bytes": artifact_bytes })
        };
        told["quotas"] = json!({ "from": shown(before), "to": shown(after) });
    }
    told
}

/// Names of closed projects stay taken: what they hold is still theirs.
fn refuse_taken(tx: &mut Tx<'_>, name: &str) -> Result<()> {
    let Some(other) = rows::find_named(name).first_in(tx)? else { return Ok(()) };
    let closed = if other.closed_at.is_some() { "closed " } else { "" };
    let message = format!("there is a {closed}project `{name}` already");
    Err(Error::conflict(Conflict::NameTaken, message))
}

fn checked(name: &str) -> Result<String> {
    name.trim().parse::<Name>().map(String::from).map_err(|fault| {
        let fault = Fault::new(Pointer::from_text("/name"), "invalid_name", fault.to_string());
        Error::invalid("the project cannot be called so", vec![fault])
    })
}
