//! Roles and what each may do.

use serde::{Deserialize, Serialize};

/// What a person may do, from most to least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, people and secrets included.
    Owner,
    /// Runs the server: providers, instances, any run.
    Operator,
    /// Builds and runs.
    Member,
    /// Looks.
    Viewer,
}

/// One thing that a use case may require.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See definitions, runs, events and artifacts, but for the runs that answer other people's threads.
    Read,
    /// Create and change agents and pipelines.
    DefinitionWrite,
    /// Start, cancel, retry and signal runs; write to threads.
    RunStart,
    /// Decide approvals and settle unknown outcomes.
    ApprovalDecide,
    /// Call a tool directly.
    ToolInvoke,
    /// Change providers and secrets.
    ProviderWrite,
    /// Invite, change and remove people.
    UserWrite,
    /// See instances, breakers and settings, and everybody's runs.
    SystemRead,
}

impl Role {
    /// Whether the role includes the permission.
    pub const fn allows(self, permission: Permission) -> bool {
        match permission {
            Permission::Read => true,
            Permission::DefinitionWrite
            | Permission::RunStart
            | Permission::ApprovalDecide
            | Permission::ToolInvoke => {
                matches!(self, Self::Owner | Self::Operator | Self::Member)
            }
            Permission::ProviderWrite | Permission::SystemRead => {
                matches!(self, Self::Owner | Self::Operator)
            }
            Permission::UserWrite => matches!(self, Self::Owner),
        }
    }
}
