//! The port behind which effects happen: one performer for each kind of work.

use std::{collections::HashMap, sync::Arc};

use futures::future::BoxFuture;
use gathering_domain::{Actor, ApiKeyId, Duration, Failure, ProjectId, RunId, Usage};
use gathering_engine::{EffectOrder, Payload};
use gathering_storage::RunRow;

use crate::observer::{Observer, Unobserved};

/// Whose effect it is.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// The run.
    pub run_id: RunId,
    /// Its topmost ancestor.
    pub root_run_id: RunId,
    /// Its project.
    pub project_id: ProjectId,
    /// Who started it; permissions are theirs.
    pub actor: Actor,
    /// The API key by which they did, if by one: permissions are no more than its own.
    pub api_key_id: Option<ApiKeyId>,
    /// Its place among the runs that wait to be claimed; higher goes first.
    pub priority: i64,
}

impl RunContext {
    /// The context of a stored run.
    pub(crate) const fn of(row: &RunRow) -> Self {
        Self {
            run_id: row.id,
            root_run_id: row.root_run_id,
            project_id: row.project_id,
            actor: row.actor,
            api_key_id: row.api_key_id,
            priority: row.priority,
        }
    }
}

/// How an attempt went.
#[derive(Debug, Clone)]
pub enum Attempted {
    /// It ended, well or not.
    Ended {
        /// Its output, or what went wrong.
        result: Result<Payload, Failure>,
        /// What it used, even if it failed.
        usage: Usage,
    },
    /// It could not even be tried; asking again makes sense after a while.
    Postponed {
        /// How long to wait.
        after: Duration,
        /// Why.
        error: Failure,
    },
}

/// Does one kind of thing to the world. Dropping the future stops the attempt.
pub trait Performer: Send + Sync {
    /// Makes one attempt. The worker holds it to the effect's time limit.
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted>;

    /// Asks the target whether an attempt happened; `Ok(None)` if it did not.
    fn reconcile(
        &self,
        order: EffectOrder,
        _run: Arc<RunContext>,
    ) -> BoxFuture<'static, Result<Option<Payload>, Failure>> {
        let what = order.effect.performer;
        let error = Failure::fatal(
            "cannot_reconcile",
            format!("`{what}` cannot ask its target what happened"),
        );
        Box::pin(std::future::ready(Err(error)))
    }
}

/// All performers, by the name that effects use.
#[derive(Clone)]
pub struct Performers {
    by_name: HashMap<&'static str, Arc<dyn Performer>>,
    pub(crate) observer: Arc<dyn Observer>,
}

impl Default for Performers {
    fn default() -> Self {
        Self { by_name: HashMap::new(), observer: Arc::new(Unobserved) }
    }
}

impl Performers {
    /// Adds one.
    pub fn with(mut self, name: &'static str, performer: Arc<dyn Performer>) -> Self {
        self.by_name.insert(name, performer);
        self
    }

    /// The one with a name; `None` fails the effect.
    pub fn find(&self, name: &str) -> Option<&Arc<dyn Performer>> {
        self.by_name.get(name)
    }

    /// Tells an observer of every attempt.
    pub fn observed_by(mut self, observer: &Arc<dyn Observer>) -> Self {
        self.observer = Arc::clone(observer);
        self
    }
}

impl Attempted {
    /// Ended well, using nothing that counts.
    pub fn output(output: impl Into<Payload>) -> Self {
        Self::Ended { result: Ok(output.into()), usage: Usage::default() }
    }

    /// Ended badly, using nothing that counts.
    pub fn failed(error: Failure) -> Self {
        Self::Ended { result: Err(error), usage: Usage::default() }
    }

    /// What went wrong, if something did.
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Ended { result: Ok(_), .. } => None,
            Self::Ended { result: Err(error), .. } | Self::Postponed { error, .. } => Some(error),
        }
    }
}
