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
    /// All of them, from most to least.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Operator, Self::Member, Self::Viewer];

    /// The word that definitions use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Operator => "operator",
            Self::Member => "member",
            Self::Viewer => "viewer",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether it is `least` or a higher one.
    pub const fn includes(self, least: Self) -> bool {
        // They are declared in order, the most first.
        self as u8 <= least as u8
    }

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
