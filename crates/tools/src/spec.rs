//! What a tool states about itself.

use gathering_domain::{Duration, EffectKind, Permission, Slug};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schema_of;

/// How a call of a tool is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToolKind {
    /// Something done to the world, or computed: the executor performs it.
    Effect {
        /// What repeating it means, at worst; [`Tool::kind_of`](crate::Tool::kind_of) may know better.
        kind: EffectKind,
    },
    /// A question to a person: a machine awaits the answer as a signal, and nothing blocks.
    /// The arguments are a [`Question`](crate::Question).
    AskPerson,
}

/// Whether a call needs a person's consent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Runs without asking.
    #[default]
    Auto,
    /// Waits until a person approves.
    Ask,
    /// Never runs.
    Deny,
}

/// How long a call may take and how much it may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolLimits {
    /// Wall time of one attempt.
    pub timeout: Duration,
    /// Bytes of output that a model sees; the rest becomes an artifact.
    pub output_bytes: u64,
}

impl Default for ToolLimits {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30), output_bytes: 32 * 1024 }
    }
}

/// What a tool is, as callers, models and people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// What a model calls it by.
    pub name: Slug,
    /// What it is for, in one line.
    pub purpose: String,
    /// How a call is carried out.
    pub kind: ToolKind,
    /// JSON Schema of the arguments: always of an object.
    pub input: Value,
    /// JSON Schema of the output's value.
    pub output: Value,
    /// What the actor of the call must be allowed.
    pub permissions: Vec<Permission>,
    /// What happens to a call where nobody configured otherwise.
    pub policy: Policy,
    /// Bounds of one call.
    pub limits: ToolLimits,
    /// Whether calls may run beside other calls of the same turn.
    pub parallel: bool,
}

impl ToolSpec {
    /// A spec with the schemas of `I` and `O`, policy `auto`, default limits, parallel.
    ///
    /// `name` is written in the source, so a name that is not a slug is a mistake there.
    pub fn of<I: JsonSchema, O: JsonSchema>(name: &str, purpose: &str, kind: ToolKind) -> Self {
        Self {
            name: name.parse().expect("a tool's name in the source is a slug"),
            purpose: purpose.to_owned(),
            kind,
            input: schema_of::<I>(),
            output: schema_of::<O>(),
            permissions: Vec::new(),
            policy: Policy::Auto,
            limits: ToolLimits::default(),
            parallel: true,
        }
    }

    /// The same, needing `permission` too.
    pub fn needs(mut self, permission: Permission) -> Self {
        self.permissions.push(permission);
        self
    }

    /// The same with another default policy.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The same with other limits.
    pub fn limits(mut self, timeout: Duration, output_bytes: u64) -> Self {
        self.limits = ToolLimits { timeout, output_bytes };
        self
    }

    /// The same, but never beside other calls of its turn.
    pub fn sequential(mut self) -> Self {
        self.parallel = false;
        self
    }
}
