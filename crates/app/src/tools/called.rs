//! The record of a call of a tool: which tool, under which effect id, and how it ended.

use gathering_domain::{Advice, AuditAction, AuditOutcome, EffectId, EffectKind, Failure, RunId};
use serde_json::json;

use super::ToolCall;
use crate::{App, Caller, Result, audit::Target};

/// Codes of failures that say that the call was not allowed.
const REFUSED: [&str; 3] = ["forbidden", "approval_required", "denied"];

/// What is recorded of a call, whatever becomes of it.
#[derive(Debug, Clone)]
pub struct Called {
    tool: String,
    effect_id: EffectId,
    run_id: Option<RunId>,
    kind: EffectKind,
}

impl Called {
    /// A call of a tool of this kind.
    pub fn by(call: &ToolCall, kind: EffectKind) -> Self {
        let ToolCall { tool, effect_id, run_id, .. } = call;
        Self { tool: tool.clone(), effect_id: *effect_id, run_id: *run_id, kind }
    }

    /// Whether it can change anything.
    pub fn has_effect(&self) -> bool {
        self.kind != EffectKind::Pure
    }
}

impl App {
    /// Records how a run's call of a tool ended, unless it could change nothing. The run's journal has
    /// what it set out to do from before the call.
    pub async fn tool_called(
        &self,
        caller: &Caller,
        called: Called,
        failure: Option<&Failure>,
    ) -> Result<()> {
        if !called.has_effect() {
            return Ok(());
        }
        self.called(caller, AuditAction::ToolCall, called, ended(failure), failure).await
    }

    pub(super) async fn called(
        &self,
        caller: &Caller,
        action: AuditAction,
        called: Called,
        outcome: AuditOutcome,
        failure: Option<&Failure>,
    ) -> Result<()> {
        let Called { tool, effect_id, run_id, kind } = called;
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
        let record =
            self.trail(caller).write(action, outcome, Target::new("tool", &tool), detail)?;
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
