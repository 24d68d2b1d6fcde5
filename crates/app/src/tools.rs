//! Tools: what there are, and the one executor that calls them.

mod called;
mod executor;
mod invoke;

use gathering_domain::{Duration, EffectKind, Failure, Permission};
use serde_json::Value;

pub use called::Called;
pub use executor::{Consent, Executor, ToolCall};
pub use gathering_tools::{ArtifactRef, Policy, ToolKind, ToolLimits, ToolOutput, ToolSpec};

use crate::{App, Caller, Error, Result};

/// Use cases of tools.
#[derive(Clone)]
pub struct Tools<'a> {
    pub(crate) app: &'a App,
}

/// Calls a tool directly, as a person.
#[derive(Debug, Clone, PartialEq)]
pub struct InvokeTool {
    /// The tool's name.
    pub name: String,
    /// Its arguments.
    pub arguments: Value,
    /// Makes a repetition of the call recognisable to its target.
    pub idempotency_key: Option<String>,
}

/// How a direct call ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Invoked {
    /// What the tool answered, or why it failed.
    pub result: Result<ToolOutput, Failure>,
    /// What repeating the call means.
    pub kind: EffectKind,
    /// How long it took.
    pub took: Duration,
}

impl Tools<'_> {
    /// Every tool, in the order of their names.
    pub fn list(&self, caller: &Caller) -> Result<Vec<ToolSpec>> {
        caller.require_here(Permission::Read)?;
        Ok(self.app.inner.toolbox.list().cloned().collect())
    }

    /// The tool of that name.
    pub fn get(&self, caller: &Caller, name: &str) -> Result<ToolSpec> {
        caller.require_here(Permission::Read)?;
        let tool = self.app.inner.toolbox.find(name);
        tool.map(|tool| tool.spec().clone()).ok_or_else(|| Error::not_found("tool", name))
    }
}
