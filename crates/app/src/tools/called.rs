//! The record of a call that has an effect: of what, under which effect id, and how it ended.

use gathering_domain::{Advice, AuditAction, AuditOutcome, EffectId, EffectKind, Failure, RunId};
use serde_json::json;

use super::ToolCall;
use crate::{App, Caller, Result, audit::Target};

/// Codes of failures that say that the call was not allowed.
const REFUSED: [&str; 3] = ["forbidden", "approval_required", "denied"];

/// What is recorded of a call, whatever becomes of it.
#[derive(Debug, Clone)]
pub struct Called {
    action: AuditAction,
    target: (&'static str, String),
    effect_id: EffectId,
    run_id: Option<RunId>,
    kind: EffectKind,
}

impl Called {
    /// A call of a tool of this kind: by a run, or by a person.
    pub fn by(call: &ToolCall, kind: EffectKind) -> Self {
        let ToolCall { tool, effect_id, run_id, .. } = call;
        let action = if run_id.is_some() { AuditAction::ToolCall } else { AuditAction::ToolInvoke };
        let (target, effect_id, run_id) = (("tool", tool.clone()), *effect_id, *run_id);
        Self { action, target, effect_id, run_id, kind }
    }

    /// A request that an action of a pipeline makes of a host, named by scheme, name and port.
    pub fn of_host(host: String, effect_id: EffectId, run_id: RunId, kind: EffectKind) -> Self {
        let (action, target) = (AuditAction::HttpRequest, ("host", host));
        Self { action, target, effect_id, run_id: Some(run_id), kind }
    }

    /// A message over a channel: of a run, or of somebody who tries it.
    pub(crate) fn of_channel(
        action: AuditAction,
        channel: &str,
        effect_id: EffectId,
        run_id: Option<RunId>,
        kind: EffectKind,
    ) -> Self {
        Self { action, target: ("channel", channel.to_owned()), effect_id, run_id, kind }
    }

    fn has_effect(&self) -> bool {
        self.kind != EffectKind::Pure
    }
}

impl App {
    /// Records that a call is about to be made, unless it can change nothing: it may be cut off by its time
    /// limit, by a cancel or by the end of the process, and must be on record all the same.
    pub async fn call_begun(&self, caller: &Caller, called: &Called) -> Result<()> {
        if !called.has_effect() {
            return Ok(());
        }
        self.called(caller, called, AuditOutcome::Begun, None).await
    }

    /// Records how a call of a run ended, unless it could change nothing.
    pub async fn call_ended(
        &self,
        caller: &Caller,
        called: &Called,
        failure: Option<&Failure>,
    ) -> Result<()> {
        if !called.has_effect() {
            return Ok(());
        }
        self.called(caller, called, ended(failure), failure).await
    }

    pub(super) async fn called(
        &self,
        caller: &Caller,
        called: &Called,
        outcome: AuditOutcome,
        failure: Option<&Failure>,
    ) -> Result<()> {
        let Called { action, target: (what, name), effect_id, run_id, kind } = called;
        let mut detail = json!({ "effect_id": effect_id, "kind": kind });
        if let Some(run_id) = run_id {
            detail["run_id"] = run_id.to_string().into();
        }
        if let Some(failure) = failure {
            detail["code"] = failure.code.as_str().into();
            if matches!(failure.advice, Advice::Unknown { .. }) {
                detail["unknown"] = true.into();
            }
        }
        let record = self.trail(caller).write(*action, outcome, Target::new(what, name), detail)?;
        self.write(record).await?;
        self.recorded();
        Ok(())
    }
}

/// How a call ended.
pub(super) fn ended(failure: Option<&Failure>) -> AuditOutcome {
    match failure {
        None => AuditOutcome::Done,
        Some(failure) if REFUSED.contains(&failure.code.as_str()) => AuditOutcome::Refused,
        Some(_) => AuditOutcome::Failed,
    }
}
