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

/// Declares permissions: the variant, its word, where it applies, and the least role that has it.
macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $place:ident, $least:ident;)*) => {
        /// One thing that a use case may require.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Permission {
            $($(#[$doc])* $name,)*
        }

        impl Permission {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word of the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// Whether it is about the server as a whole, or about one project.
            pub const fn reach(self) -> Reach {
                match self { $(Self::$name => Reach::$place,)* }
            }

            /// The least role that has it; every higher one has it as well.
            const fn least(self) -> Role {
                match self { $(Self::$name => Role::$least,)* }
            }
        }
    };
}

permissions! {
    /// See definitions, runs, events and artifacts, but for the runs that answer other people's threads.
    Read = "read", Project, Viewer;
    /// Create and change agents, pipelines, and what starts them: schedules, triggers and hooks.
    DefinitionWrite = "definition_write", Project, Member;
    /// Start, cancel, retry and signal runs; write to threads.
    RunStart = "run_start", Project, Member;
    /// Decide approvals and settle unknown outcomes.
    ApprovalDecide = "approval_decide", Project, Member;
    /// Call a tool directly.
    ToolInvoke = "tool_invoke", Project, Member;
    /// Change providers and secrets.
    ProviderWrite = "provider_write", Project, Operator;
    /// Change channels of notifications, and webhooks to which events are sent.
    IntegrationWrite = "integration_write", Project, Operator;
    /// Make, change and close projects, and say who belongs to them.
    ProjectWrite = "project_write", Server, Operator;
    /// See who there is.
    UserRead = "user_read", Server, Operator;
    /// Invite, change and remove people.
    UserWrite = "user_write", Server, Owner;
    /// Read, export and verify the audit trail.
    AuditRead = "audit_read", Server, Operator;
    /// See instances, breakers and settings, and everybody's runs.
    SystemRead = "system_read", Server, Operator;
}

/// What a permission is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// One project: the role there counts.
    Project,
    /// The server as a whole: the role on the server counts.
    Server,
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

    /// The lower of two.
    #[must_use]
    pub const fn and_no_more_than(self, other: Self) -> Self {
        if self.includes(other) { other } else { self }
    }

    /// Whether a role on the server holds in every project, without a membership.
    pub const fn holds_everywhere(self) -> bool {
        self.includes(Self::Operator)
    }

    /// Whether the role includes the permission.
    pub const fn allows(self, permission: Permission) -> bool {
        self.includes(permission.least())
    }
}

impl Permission {
    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for permission in Permission::ALL {
            assert_eq!(Permission::from_word(permission.as_str()), Some(*permission));
            let json = serde_json::to_value(permission).unwrap();
            assert_eq!(json, permission.as_str());
        }
    }

    #[test]
    fn each_role_may_what_the_lower_ones_may() {
        for pair in Role::ALL.windows(2) {
            for permission in Permission::ALL {
                assert!(pair[0].allows(*permission) || !pair[1].allows(*permission));
            }
        }
        assert!(!Role::Operator.allows(Permission::UserWrite));
        assert!(!Role::Viewer.allows(Permission::RunStart));
        assert!(Role::Viewer.allows(Permission::Read));
    }

    #[test]
    fn the_table_of_the_guide_is_this_one() {
        let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guides/people.md");
        let guide = std::fs::read_to_string(guide).unwrap();
        let table = guide.lines().skip_while(|line| !line.starts_with("| permission |"));
        let rows: Vec<_> = table.skip(2).take_while(|line| line.starts_with('|')).collect();
        assert_eq!(rows.len(), Permission::ALL.len());
        for (row, permission) in rows.into_iter().zip(Permission::ALL) {
            let reach = match permission.reach() {
                Reach::Project => "project",
                Reach::Server => "server",
            };
            let may = Role::ALL.map(|role| if role.allows(*permission) { "yes" } else { "no" });
            let wanted = format!("| `{}` | {reach} | {} | ", permission.as_str(), may.join(" | "));
            assert!(row.starts_with(&wanted), "{row} is not {wanted}");
        }
    }

    #[test]
    fn a_role_in_a_project_is_bounded_by_the_one_on_the_server() {
        assert_eq!(Role::Member.and_no_more_than(Role::Viewer), Role::Viewer);
        assert_eq!(Role::Viewer.and_no_more_than(Role::Member), Role::Viewer);
        assert_eq!(Role::ALL.map(Role::holds_everywhere), [true, true, false, false]);
    }
}
