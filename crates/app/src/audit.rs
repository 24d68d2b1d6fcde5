//! The audit trail: who did what, to what, when and from where; chained, sealed, and verifiable by others.
//!
//! A record is written in the transaction of what it tells, and asks nobody: no turn is taken, and what
//! commits together stays so. Soon after, the process moves its records to the end of its chain
//! ([`Keeper`]), and every while it signs the ends of all chains that have grown. Whoever can write to the
//! database, but has not the server's key, can change what no checkpoint has sealed yet, and nothing
//! before: a chain alone could be computed anew, so to chain later than to record gives nothing away.

mod chain;
mod checkpoint;
mod content;
mod key;
mod past;

mod keeper;
mod refusals;

mod list;

mod check;
mod export;
mod file;
mod report;
mod verify;

use std::sync::Arc;

use gathering_domain::{Actor, AuditAction, AuditOutcome, IdSource, ProjectId, Timestamp};
use gathering_storage::{
    Tx, Write,
    audit::{self as rows, Record},
};
use serde_json::Value;
use uuid::Uuid;

pub(crate) use chain::Chain;
pub(crate) use content::{Target, Who};
pub(crate) use key::place as key_place;
pub(crate) use refusals::Refusals;

pub use export::{AuditExport, ExportRange};
pub use file::verify_file;
pub use keeper::Keeper;
pub use list::{AuditEntry, AuditFilter};
pub use refusals::Refused;
pub use report::{AuditFault, AuditReport, FaultKind, Trust};

use crate::{App, Caller, Result};
use content::Entry;

/// Use cases of the audit trail.
#[derive(Clone)]
pub struct Audit<'a> {
    pub(crate) app: &'a App,
}

/// Records what somebody does, inside the transaction that does it.
#[derive(Clone)]
pub(crate) struct Trail {
    stream: Uuid,
    ids: Arc<dyn IdSource>,
    who: Arc<Who>,
    project_id: Option<ProjectId>,
    at: Timestamp,
}

impl Trail {
    /// Records what the person at the command line does where no use cases are open. Another process chains
    /// it, as it does what one that has ended left behind.
    pub(crate) fn of_command(ids: &Arc<dyn IdSource>, at: Timestamp) -> Self {
        let who = Who { actor: Some(Actor::LocalOwner), ..Who::default() };
        let (stream, ids) = (ids.next_uuid(), Arc::clone(ids));
        Self { stream, ids, who: Arc::new(who), project_id: None, at }
    }

    /// Records that it was done.
    pub(crate) fn done(
        &self,
        tx: &mut Tx<'_>,
        action: AuditAction,
        target: Target,
        detail: Value,
    ) -> Result<()> {
        self.record(tx, action, AuditOutcome::Done, target, detail)
    }

    /// Records how it ended.
    pub(crate) fn record(
        &self,
        tx: &mut Tx<'_>,
        action: AuditAction,
        outcome: AuditOutcome,
        target: Target,
        detail: Value,
    ) -> Result<()> {
        rows::record(self.of(action, outcome, target, detail)?).run_in(tx)?;
        Ok(())
    }

    /// The same as a write, for those who change things without a closure.
    pub(crate) fn write(
        &self,
        action: AuditAction,
        outcome: AuditOutcome,
        target: Target,
        detail: Value,
    ) -> Result<Write> {
        Ok(rows::record(self.of(action, outcome, target, detail)?))
    }

    /// The record, for the writer of the log.
    pub(crate) fn of(
        &self,
        action: AuditAction,
        outcome: AuditOutcome,
        target: Target,
        detail: Value,
    ) -> Result<Record> {
        let entry = Entry {
            at: self.at.to_rfc3339(),
            who: &self.who,
            action,
            target,
            outcome,
            project_id: self.project_id,
            detail,
        };
        Ok(Record {
            id: self.ids.next_uuid(),
            stream: self.stream,
            at: self.at,
            content: entry.to_json()?,
            action: action.as_str(),
            actor: self.who.actor_text()?,
            outcome: outcome.as_str(),
            project_id: self.project_id,
        })
    }
}

impl App {
    /// Records what the caller does.
    pub(crate) fn trail(&self, caller: &Caller) -> Trail {
        let place = caller.project();
        let project_id = (place.uuid() != Uuid::nil()).then_some(place);
        Trail { project_id, ..self.trail_of(Who::of(caller)) }
    }

    /// Records what somebody does who is no caller, or is not one yet.
    pub(crate) fn trail_of(&self, who: Who) -> Trail {
        let (stream, ids) = (self.inner.chain.stream(), Arc::clone(&self.inner.ids));
        Trail { stream, ids, who: Arc::new(who), project_id: None, at: self.now() }
    }

    /// Runs a transaction that records what it does: like [`App::transact`].
    pub(crate) async fn audited<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let done = self.transact(work).await;
        self.recorded();
        done
    }

    /// A hint only: whoever chains finds what was recorded at its next look.
    pub(crate) fn recorded(&self) {
        self.inner.chain.recorded();
    }
}
