//! A row of the table: who may use a route, what it is about, and a request that works.

use gathering_domain::{Permission, Reach, Role};
use serde_json::Value;

use super::things::MARK;

/// A route, and what is said of it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) who: Who,
    pub(crate) about: About,
    /// The status with which the request is answered to whoever may make it.
    pub(crate) answer: u16,
    /// What is sent. `$n` in it is another number each time, and parts of the path name the same.
    pub(crate) body: Option<Value>,
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Anybody. A page for people, which is not in the description.
    Page,
    /// Whoever has the token of the figures. Not in the description either.
    Scraper,
    /// Anybody: health, set-up and sign-in.
    Open,
    /// Whoever has a session or a key.
    SignedIn,
    /// Whoever has a session: keys are answered `session_required`.
    Account,
    /// The same, but for keys that have this permission.
    AccountUnless(Permission),
    /// The same, and they act in a project.
    AccountHere,
    /// Whoever has the permission, which is to be so from this role on.
    Needs(Permission, Role),
    /// The same, by a session: keys that have it are answered `session_required`.
    NeedsSession(Permission, Role),
    /// Whoever has the permission, if they may read as well.
    NeedsToRead(Permission, Role),
}

/// What the variable parts of a path name in the request that works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The path has none.
    Nothing,
    /// The path has none either, and the answer shows what there is in the project.
    List,
    // What belongs to a project, and is not there for whoever acts in another.
    Agent,
    AgentVersion,
    Pipeline,
    PipelineVersion,
    Schedule,
    Provider,
    Secret,
    Channel,
    Webhook,
    FailedDelivery,
    Run,
    BudgetedRun,
    FailedRun,
    WaitingRun,
    UnsureRun,
    Approval,
    Hook,
    Trigger,
    Artifact,
    /// A thread of whoever asks.
    Thread,
    // What belongs to no project, or does not hide in one.
    /// An agent by whose id a list is narrowed.
    NarrowedBy,
    Tool,
    /// The project itself: there for whoever may act in it.
    Project,
    /// A project in which there is nothing.
    EmptyProject,
    /// The project, and somebody who is no member of it.
    Guest,
    /// The project, and a member.
    Member,
    User,
    UserSession,
    Invitation,
    /// Another session of whoever asks.
    OwnSession,
    /// A key of whoever asks.
    OwnKey,
    /// An address at which there is no hook.
    HookAddress,
    /// A name in the documentation.
    PageName,
    /// A name that nothing has.
    NewName,
}

impl Row {
    /// How it is called in messages.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The code of the answer; none if it is no problem.
    pub(crate) const fn code(&self) -> &'static str {
        match self.answer {
            404 => "not_found",
            422 => "invalid",
            _ => "",
        }
    }

    /// Status and code with which it answers whoever shows nothing that it takes.
    pub(crate) const fn to_nobody(&self) -> (u16, &'static str) {
        match self.who {
            Who::Page | Who::Open => (self.answer, self.code()),
            _ => (401, "unauthenticated"),
        }
    }

    /// The permissions that it needs.
    pub(crate) fn permissions(&self) -> Vec<Permission> {
        match self.who {
            Who::Needs(permission, _) | Who::NeedsSession(permission, _) => vec![permission],
            Who::NeedsToRead(permission, _) => vec![permission, Permission::Read],
            _ => Vec::new(),
        }
    }

    /// Whether it is about a project, and not about the server or an account.
    pub(crate) fn is_of_project(&self) -> bool {
        self.permissions().iter().any(|permission| permission.reach() == Reach::Project)
    }

    /// Whether it ends sessions of whoever asks.
    pub(crate) fn ends_sessions(&self) -> bool {
        matches!(self.who, Who::Account | Who::AccountUnless(_)) && !self.looks()
    }

    /// Whether it is asked by one at a time: it ends sessions, or the server lets one in at once.
    pub(crate) fn is_alone(&self) -> bool {
        self.ends_sessions() || self.path == "/api/v1/audit/verify"
    }

    /// Whether it has an entry in the description.
    pub(crate) const fn is_described(&self) -> bool {
        !matches!(self.who, Who::Page | Who::Scraper)
    }

    /// Whether it is for callers.
    pub(crate) const fn is_guarded(&self) -> bool {
        !matches!(self.who, Who::Page | Who::Scraper | Who::Open)
    }

    /// What the request that works asks for beside its path.
    pub(crate) fn query(&self) -> String {
        match self.path {
            "/api/v1/search" => format!("q={MARK}"),
            "/api/v1/usage" => "from=2000-01-01T00:00:00Z&to=3000-01-01T00:00:00Z".to_owned(),
            _ => String::new(),
        }
    }

    /// Whether it only looks.
    pub(crate) fn looks(&self) -> bool {
        self.method == "GET"
    }

    /// Whether it answers a stream, which does not end by itself.
    pub(crate) fn streams(&self) -> bool {
        self.path.ends_with("/events") || self.upgrades()
    }

    /// Whether it opens a WebSocket.
    pub(crate) fn upgrades(&self) -> bool {
        self.answer == 101
    }
}

impl About {
    /// Whether it is there for those alone who act in its project.
    pub(crate) const fn is_confined(self) -> bool {
        matches!(
            self,
            Self::Agent
                | Self::AgentVersion
                | Self::Pipeline
                | Self::PipelineVersion
                | Self::Schedule
                | Self::Hook
                | Self::Trigger
                | Self::Provider
                | Self::Secret
                | Self::Channel
                | Self::Webhook
                | Self::FailedDelivery
                | Self::Run
                | Self::BudgetedRun
                | Self::FailedRun
                | Self::WaitingRun
                | Self::UnsureRun
                | Self::Approval
                | Self::Artifact
                | Self::Thread
        )
    }

    /// Whether each asker needs one of their own.
    pub(crate) const fn is_own(self) -> bool {
        matches!(self, Self::Thread | Self::OwnSession | Self::OwnKey)
    }
}
