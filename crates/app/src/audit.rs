//! The audit trail: entries that are chained, each written in the transaction of what it tells.

mod content;

use std::sync::Arc;

use gathering_domain::{AuditAction, AuditOutcome, ProjectId, Timestamp};
use gathering_storage::{
    Engine, Tx,
    audit::{self as rows, ChainEnd, ChainHash, NewAuditEntry},
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, OwnedMutexGuard};
use uuid::Uuid;

pub(crate) use content::{Entry, Target, Who};

use crate::{App, Caller, Error, Result};

/// What comes before the first entry of a chain.
const BEFORE_THE_FIRST: ChainHash = [0; 32];

/// The chain of this process.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    stream: Uuid,
    /// On PostgreSQL two transactions that read the end of a chain collide; one at a time writes. SQLite
    /// has one writer anyway.
    turn: Option<Arc<Mutex<()>>>,
}

impl Chain {
    /// A new chain, of a process with an id of its own.
    pub(crate) fn new(stream: Uuid, engine: Engine) -> Self {
        let turn = matches!(engine, Engine::Postgres).then(Arc::default);
        Self { stream, turn }
    }

    async fn turn(&self) -> Option<OwnedMutexGuard<()>> {
        match &self.turn {
            Some(turn) => Some(Arc::clone(turn).lock_owned().await),
            None => None,
        }
    }
}

/// Records what somebody does, inside the transaction that does it.
#[derive(Debug, Clone)]
pub(crate) struct Trail {
    stream: Uuid,
    who: Arc<Who>,
    project_id: Option<ProjectId>,
    at: Timestamp,
}

impl Trail {
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

    /// Records how it ended. The last statement of its transaction, so that others wait least for it.
    pub(crate) fn record(
        &self,
        tx: &mut Tx<'_>,
        action: AuditAction,
        outcome: AuditOutcome,
        target: Target,
        detail: Value,
    ) -> Result<()> {
        let end = rows::end(self.stream).first_in(tx)?;
        let (seq, before) = match end {
            None => (1, BEFORE_THE_FIRST),
            Some(ChainEnd { seq, hash }) => {
                let hash = ChainHash::try_from(hash.as_slice());
                (seq + 1, hash.map_err(|_| Error::defect("read the end of the audit trail"))?)
            }
        };
        let entry = Entry {
            at: self.at.to_rfc3339(),
            who: &self.who,
            action,
            target,
            outcome,
            project_id: self.project_id,
            detail,
        };
        let content = entry.to_json()?;
        let row = NewAuditEntry {
            stream: self.stream,
            seq,
            at: self.at,
            content: &content,
            hash: &chain(&before, &content),
            action: action.as_str(),
            actor: &self.who.actor_text()?,
            outcome: outcome.as_str(),
            project_id: self.project_id,
        };
        rows::insert(&row).run_in(tx)?;
        Ok(())
    }
}

/// The hash of an entry and of everything before it: SHA-256 over the hash of the entry before it and the
/// bytes of its content.
pub(crate) fn chain(before: &ChainHash, content: &str) -> ChainHash {
    Sha256::new().chain_update(before).chain_update(content).finalize().into()
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
        let stream = self.inner.chain.stream;
        Trail { stream, who: Arc::new(who), project_id: None, at: self.now() }
    }

    /// Runs a transaction that records what it does: like [`App::transact`].
    pub(crate) async fn audited<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T> {
        let _turn = self.inner.chain.turn().await;
        self.transact(work).await
    }
}
