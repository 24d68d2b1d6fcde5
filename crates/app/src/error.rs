//! Why a use case refused or failed; ignorant of HTTP.

mod codes;

use std::{error::Error as StdError, fmt, sync::Arc};

use gathering_domain::{Decider, Duration, Failure, Fault, Permission};
use gathering_storage::{AppendError, DatabaseError, StorageError};

pub use codes::ERROR_CODES;

use crate::{Caller, NoProject};

/// A result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case refused or failed. The text is for the caller and shows nothing of the inside;
/// what an operator must know of an internal failure is its source.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, or the sign-in failed.
    #[error("{0}")]
    Unauthenticated(Unauthenticated),
    /// The caller's role does not include the permission.
    #[error("this needs the permission `{}`, which the caller does not have", .0.as_str())]
    Forbidden(Permission),
    /// An API key asked for what is about its holder's account, or gives somebody access.
    #[error("this needs a session: sign in, an API key does not do")]
    SessionRequired,
    /// The caller acts in no project.
    #[error("{0}")]
    ProjectRequired(NoProject),
    /// The approval names others to decide it.
    #[error("this approval is for {} to decide", names(.0))]
    NotADecider(Vec<Decider>),
    /// There is no such thing, or the caller may not know of it.
    #[error("there is no {noun} `{name}`")]
    NotFound {
        /// What kind of thing.
        noun: &'static str,
        /// How it was named.
        name: String,
    },
    /// The same answer, given to somebody who named a project in which they may not act: a refusal that does
    /// not tell them whether there is one.
    #[error("there is no project `{name}`")]
    OtherProject {
        /// How it was named.
        name: String,
        /// Who named it, where that is not known otherwise.
        caller: Option<Box<Caller>>,
    },
    /// The present state of things does not admit it.
    #[error("{message}")]
    Conflict {
        /// Which conflict.
        kind: Conflict,
        /// What stands against what.
        message: String,
    },
    /// The thing has changed since the caller read it.
    #[error("the {noun} has changed: its version is {current}")]
    PreconditionFailed {
        /// What kind of thing.
        noun: &'static str,
        /// Its present version.
        current: u64,
    },
    /// What was given cannot be used; every fault is named.
    #[error("{message}")]
    Invalid {
        /// What was given.
        message: String,
        /// What is wrong with it, with the places.
        faults: Vec<Fault>,
    },
    /// What was given is larger than its bound.
    #[error("the {what} has more than {most} bytes")]
    TooLarge {
        /// What was given.
        what: &'static str,
        /// Its bound.
        most: u64,
    },
    /// A stated bound on how many there may be is reached.
    #[error("there may be at most {most} {what}")]
    Limit {
        /// Of what.
        what: &'static str,
        /// How many.
        most: u64,
    },
    /// A quota of the project is used up until then.
    #[error("there may be at most {most} {what}")]
    Quota {
        /// Of what.
        what: &'static str,
        /// How much.
        most: u64,
        /// When there is more.
        retry_after: Duration,
    },
    /// Too much is waiting; the same request may succeed later.
    #[error("too much is waiting for {what}")]
    Busy {
        /// What is waited for.
        what: &'static str,
        /// When to come back.
        retry_after: Duration,
    },
    /// The store cannot be reached, and nothing was changed; the same request may succeed later.
    #[error("the store cannot be reached")]
    StoreUnavailable {
        /// When to come back.
        retry_after: Duration,
    },
    /// A server elsewhere, such as a model provider, failed.
    #[error("{}", .0.message)]
    Upstream(Failure),
    /// A request to a hook came to nothing; why is for those who may look at the hook.
    #[error("the hook could not do what this request asks for; its list of deliveries says why")]
    HookFailed,
    /// A defect, or a store that does not answer.
    #[error("something went wrong inside the server")]
    Internal(#[source] Internal),
}

fn is_outage(cause: &(dyn StdError + Send + Sync + 'static)) -> bool {
    let of_database = |error: &DatabaseError| {
        matches!(error, DatabaseError::Closed) || error.worth_a_retry() || error.outcome_unknown()
    };
    if let Some(error) = cause.downcast_ref() {
        return of_database(error);
    }
    match cause.downcast_ref() {
        Some(StorageError::Database(error)) => return of_database(error),
        Some(StorageError::Closed) => return true,
        _ => {}
    }
    let appended = cause.downcast_ref();
    matches!(appended, Some(AppendError::Lost | AppendError::Closed | AppendError::Fatal(_)))
}

/// Why a caller is nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// No valid token came with the request.
    #[error("sign in first")]
    NoSession,
    /// Whoever started a run may not act any more.
    #[error(
        "whoever started this run may not act here any more: they were deactivated or have left the \
         project, or the API key by which they started it has ended"
    )]
    NoStarter,
    /// The account or the password is wrong; which of them is not told.
    #[error("the e-mail address or the password is wrong")]
    WrongCredentials,
    /// The set-up link is wrong, too old, or used up.
    #[error("the set-up link is not valid")]
    WrongSetupLink,
    /// The invitation is wrong, too old, taken back, or used up.
    #[error("the invitation is not valid")]
    WrongInvitation,
    /// The link for a new password is wrong, too old, replaced, or used up.
    #[error("the link for a new password is not valid")]
    WrongPasswordLink,
    /// A request to a hook is not signed as it has to be.
    #[error("the request is not signed as this hook needs it")]
    WrongSignature,
}

/// What stands against a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Conflict {
    /// The name or address is taken.
    NameTaken,
    /// The idempotency key came with another request before.
    IdempotencyMismatch,
    /// The server has its first owner already.
    SetupDone,
    /// Something else still refers to it.
    InUse,
    /// The run has ended.
    RunEnded,
    /// The run has not ended.
    RunNotEnded,
    /// Outcomes of effects are unknown and must be settled first.
    UnknownOutcomes,
    /// Nothing waits for this answer.
    NotAwaited,
    /// Somebody decided otherwise before, or the time is over.
    AlreadyDecided,
    /// The thread has a turn under way.
    ThreadBusy,
    /// The run ended in a way that a retry cannot mend.
    NotRetryable,
    /// The run was retried before: its retry goes on for it.
    AlreadyRetried,
    /// The run has no limit of money.
    NoBudget,
    /// The run's limit of money is higher already.
    BudgetNotRaised,
    /// The change would leave the server without an owner.
    LastOwner,
    /// The hook takes no requests now.
    HookPaused,
}

/// An internal failure: what was attempted, for the log, and its cause.
#[derive(Debug, Clone)]
pub struct Internal {
    attempted: &'static str,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// The stable, documented code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(why) => why.code(),
            Self::Forbidden(_) => "forbidden",
            Self::SessionRequired => "session_required",
            Self::ProjectRequired(_) => "project_required",
            Self::NotADecider(_) => "not_a_decider",
            Self::NotFound { .. } | Self::OtherProject { .. } => "not_found",
            Self::Conflict { kind, .. } => kind.code(),
            Self::PreconditionFailed { .. } => "precondition_failed",
            Self::Invalid { .. } => "invalid",
            Self::TooLarge { .. } => "too_large",
            Self::Limit { .. } => "limit_reached",
            Self::Quota { .. } => "quota_reached",
            Self::Busy { .. } => "busy",
            Self::StoreUnavailable { .. } => "store_unavailable",
            Self::Upstream(_) => "upstream_failed",
            Self::HookFailed => "hook_failed",
            Self::Internal(_) => "internal",
        }
    }

    /// Whether the same may work later: the store did not answer, or was too busy to. A store that
    /// answers with what nobody can read will do so again.
    pub fn may_pass(&self) -> bool {
        let Self::Internal(internal) = self else {
            return matches!(self, Self::Busy { .. } | Self::StoreUnavailable { .. });
        };
        let Some(cause) = internal.cause.as_deref() else { return false };
        cause.is::<DatabaseError>()
            || matches!(cause.downcast_ref(), Some(StorageError::Database(_)))
            || is_outage(cause)
    }

    /// Whether it has nothing to do with what was asked for: the store could not be reached, had too much to do,
    /// or went away. What was asked may have been done all the same.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::StoreUnavailable { .. } => true,
            Self::Internal(internal) => internal.cause.as_deref().is_some_and(is_outage),
            _ => false,
        }
    }

    /// There is no `noun` of that name.
    pub fn not_found(noun: &'static str, name: impl fmt::Display) -> Self {
        let name = name.to_string().chars().take(NAME_CHARS).collect();
        Self::NotFound { noun, name }
    }

    /// The caller may not act in the project of that name, and learns no more than if there were none.
    pub fn other_project(name: impl fmt::Display) -> Self {
        Self::OtherProject { name: name.to_string(), caller: None }
    }

    /// The same, where it says who was refused.
    #[must_use]
    pub fn refusing(self, caller: Caller) -> Self {
        match self {
            Self::OtherProject { name, .. } => {
                Self::OtherProject { name, caller: Some(Box::new(caller)) }
            }
            other => other,
        }
    }

    /// The state of things is against it.
    pub fn conflict(kind: Conflict, message: impl Into<String>) -> Self {
        Self::Conflict { kind, message: message.into() }
    }

    /// What was given has faults.
    pub fn invalid(message: impl Into<String>, faults: Vec<Fault>) -> Self {
        Self::Invalid { message: message.into(), faults }
    }

    /// One field was given wrongly.
    pub fn invalid_field(pointer: &str, code: &str, message: impl Into<String>) -> Self {
        let fault = Fault::new(gathering_domain::Pointer::from_text(pointer), code, message);
        Self::Invalid { message: fault.message.clone(), faults: vec![fault] }
    }

    /// A failure that the caller can do nothing about.
    pub fn internal(attempted: &'static str, cause: impl StdError + Send + Sync + 'static) -> Self {
        Self::Internal(Internal { attempted, cause: Some(Arc::new(cause)) })
    }

    /// A state that should not be, found while something was attempted.
    pub const fn defect(attempted: &'static str) -> Self {
        Self::Internal(Internal { attempted, cause: None })
    }
}

/// How much of a name from outside an error repeats, in characters.
const NAME_CHARS: usize = 128;

impl Unauthenticated {
    /// The stable, documented code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoSession | Self::NoStarter => "unauthenticated",
            Self::WrongCredentials => "wrong_credentials",
            Self::WrongSetupLink => "wrong_setup_link",
            Self::WrongInvitation => "wrong_invitation",
            Self::WrongPasswordLink => "wrong_password_link",
            Self::WrongSignature => "wrong_signature",
        }
    }
}

impl Conflict {
    /// The stable, documented code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NameTaken => "name_taken",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::SetupDone => "setup_done",
            Self::InUse => "in_use",
            Self::RunEnded => "run_ended",
            Self::RunNotEnded => "run_not_ended",
            Self::UnknownOutcomes => "unknown_outcomes",
            Self::NotAwaited => "not_awaited",
            Self::AlreadyDecided => "already_decided",
            Self::ThreadBusy => "thread_busy",
            Self::NotRetryable => "not_retryable",
            Self::AlreadyRetried => "already_retried",
            Self::NoBudget => "no_budget",
            Self::BudgetNotRaised => "budget_not_raised",
            Self::LastOwner => "last_owner",
            Self::HookPaused => "hook_paused",
        }
    }
}

impl fmt::Display for Internal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}", self.attempted)
    }
}

impl StdError for Internal {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_ref().map(|cause| cause.as_ref() as &(dyn StdError + 'static))
    }
}

fn names(deciders: &[Decider]) -> String {
    deciders.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gathering_domain::RunId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_code_is_listed_once() {
        let listed: BTreeSet<_> = ERROR_CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(listed.len(), ERROR_CODES.len());

        let conflicts = [
            Conflict::NameTaken,
            Conflict::IdempotencyMismatch,
            Conflict::SetupDone,
            Conflict::InUse,
            Conflict::RunEnded,
            Conflict::RunNotEnded,
            Conflict::UnknownOutcomes,
            Conflict::NotAwaited,
            Conflict::AlreadyDecided,
            Conflict::ThreadBusy,
            Conflict::NotRetryable,
            Conflict::AlreadyRetried,
            Conflict::NoBudget,
            Conflict::BudgetNotRaised,
            Conflict::LastOwner,
            Conflict::HookPaused,
        ];
        let refusals = [
            Unauthenticated::NoSession,
            Unauthenticated::NoStarter,
            Unauthenticated::WrongCredentials,
            Unauthenticated::WrongSetupLink,
            Unauthenticated::WrongInvitation,
            Unauthenticated::WrongPasswordLink,
            Unauthenticated::WrongSignature,
        ];
        let others = [
            Error::Forbidden(Permission::Read),
            Error::SessionRequired,
            Error::ProjectRequired(NoProject::None),
            Error::NotADecider(Vec::new()),
            Error::not_found("run", "x"),
            Error::other_project("x"),
            Error::PreconditionFailed { noun: "agent", current: 2 },
            Error::invalid("", Vec::new()),
            Error::TooLarge { what: "input", most: 1 },
            Error::Limit { what: "agents", most: 1 },
            Error::Quota { what: "runs", most: 1, retry_after: Duration::ZERO },
            Error::Busy { what: "sign-in", retry_after: Duration::ZERO },
            Error::StoreUnavailable { retry_after: Duration::ZERO },
            Error::Upstream(Failure::fatal("x", "y")),
            Error::HookFailed,
            Error::defect("look"),
        ];
        let codes: BTreeSet<_> = conflicts
            .into_iter()
            .map(Conflict::code)
            .chain(refusals.into_iter().map(Unauthenticated::code))
            .chain(others.iter().map(Error::code))
            .collect();
        assert_eq!(codes, listed);
    }

    #[test]
    fn an_internal_failure_says_nothing_outside_and_everything_inside() {
        let error = Error::internal("read the run", std::io::Error::other("disk on fire"));
        assert_eq!(error.to_string(), "something went wrong inside the server");
        let inside = error.source().unwrap();
        assert_eq!(inside.to_string(), "could not read the run");
        assert_eq!(inside.source().unwrap().to_string(), "disk on fire");
    }

    #[test]
    fn only_what_the_store_did_not_answer_may_pass() {
        let corrupt = StorageError::Corrupt {
            what: "entry",
            of: "run".to_owned(),
            why: "it is cut short".to_owned(),
        };
        let unfit: std::io::Error = std::io::Error::other("a version that is refused");
        for (error, passes) in [
            (Error::Busy { what: "the store", retry_after: Duration::ZERO }, true),
            (
                Error::from(StorageError::Database(DatabaseError::Unavailable { source: None })),
                true,
            ),
            (Error::internal("use the database", DatabaseError::Closed), true),
            (Error::internal("use the store", StorageError::Closed), true),
            (Error::from(AppendError::Lost), true),
            (Error::from(AppendError::Closed), true),
            (Error::from(AppendError::NotOwner(RunId::from_uuid(Uuid::nil()))), false),
            (Error::from(corrupt), false),
            (Error::internal("load a pinned pipeline", unfit), false),
            (Error::defect("find the version to which a run is pinned"), false),
            (Error::not_found("run", "x"), false),
        ] {
            assert_eq!(error.may_pass(), passes, "{error:?}");
            assert_eq!(error.is_outage(), passes, "{error:?}");
        }
        // An answer of the store that may be another one later, and is no outage.
        let refused = DatabaseError::Conflict { statement: 0, got: 0, want: 1 };
        let refused = Error::internal("use the database", refused);
        assert!(refused.may_pass() && !refused.is_outage());
    }

    #[test]
    fn a_long_name_is_cut() {
        let error = Error::not_found("run", "x".repeat(10_000));
        assert!(error.to_string().len() < 200);
    }
}
