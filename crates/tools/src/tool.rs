//! A tool as its caller holds it.

use std::{future::Future, pin::Pin, sync::Arc};

use gathering_domain::{
    Actor, EffectId, EffectKind, Failure, HostList, ProjectId, RunId, Timestamp,
};
use serde_json::Value;

use crate::{ToolKind, ToolOutput, ToolSpec};

/// The future of one call. Dropping it cancels the call, so a tool must be safe to drop anywhere.
pub type ToolFuture<'a> = Pin<Box<dyn Future<Output = Result<ToolOutput, Failure>> + Send + 'a>>;

/// The future of one question what became of a call. Dropping it must be as safe as dropping a call.
pub type ReconcileFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Option<ToolOutput>, Failure>> + Send + 'a>>;

/// Who calls and within what; everything else a tool needs it got at its construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolContext {
    /// Stable over attempts, instances and restarts: what an idempotent target is told.
    pub effect_id: EffectId,
    /// The run that calls; none for a call that a person makes directly.
    pub run_id: Option<RunId>,
    /// The project in which the call acts.
    pub project_id: ProjectId,
    /// On whose behalf.
    pub actor: Actor,
    /// When the caller drops the future.
    pub deadline: Timestamp,
    /// The lists of hosts to which the call's requests are held.
    pub hosts: Arc<[HostList]>,
}

/// Something that can be called with JSON arguments.
///
/// Only the executor calls [`Tool::call`]: it has validated the arguments, checked permission,
/// policy and budget, and bounds time and output.
pub trait Tool: Send + Sync {
    /// What the tool states about itself.
    fn spec(&self) -> &ToolSpec;

    /// What repeating this very call means. Arguments may be of any shape: for those that are not
    /// understood, the answer is the spec's.
    fn kind_of(&self, arguments: &Value) -> EffectKind {
        let _ = arguments;
        match self.spec().kind {
            ToolKind::Effect { kind } => kind,
            ToolKind::AskPerson => EffectKind::Pure,
        }
    }

    /// Says what became of a call whose outcome nobody knows, for a tool whose kind is `reconcilable`: its
    /// output if it has happened, or `None` if it has not and never will. A failure that may pass is asked
    /// again later; any other puts the question before a person, as a tool does that does not offer this.
    fn reconcile<'a>(&'a self, context: &'a ToolContext, arguments: Value) -> ReconcileFuture<'a> {
        let _ = (context, arguments);
        Box::pin(std::future::ready(Err(cannot_reconcile(self.spec().name.as_str()))))
    }

    /// Does it. A failure's advice says whether another attempt may help.
    fn call<'a>(&'a self, context: &'a ToolContext, arguments: Value) -> ToolFuture<'a>;
}

/// What a tool says that cannot tell whether a call has happened.
pub(crate) fn cannot_reconcile(tool: &str) -> Failure {
    Failure::fatal("cannot_reconcile", format!("`{tool}` cannot say whether a call has happened"))
}
