//! States and kinds as words of the API, mirrored by name, so that one that is added is a decision here.

use gathering_app::{
    approvals::ApprovalStatus,
    runs::{CallStatus, StopReason},
    search::NamedKind,
    threads::BusyPolicy,
    tools::Policy,
};
use gathering_domain::{EffectKind, NodeStatus, Permission, Role, RunStatus, Waiting};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! words {
    ($($(#[$doc:meta])* $word:ident as $shown:ident of $inner:ident {
        $($(#[$case_doc:meta])* $case:ident,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[schema(as = $shown)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $word {
            $($(#[$case_doc])* $case,)*
        }

        impl From<$inner> for $word {
            fn from(inner: $inner) -> Self {
                match inner {
                    $($inner::$case => Self::$case,)*
                }
            }
        }

        impl From<$word> for $inner {
            fn from(word: $word) -> Self {
                match word {
                    $($word::$case => Self::$case,)*
                }
            }
        }
    )*};
}

words! {
    /// Where a run is.
    RunStatusWord as RunStatus of RunStatus {
        /// Accepted, not begun.
        Queued,
        /// An instance works on it.
        Running,
        /// Nothing to do until something happens.
        Waiting,
        /// Ended well.
        Succeeded,
        /// Ended with a failure.
        Failed,
        /// Ended because somebody asked.
        Cancelled,
        /// Ended by its time limit.
        TimedOut,
    }

    /// What has a name.
    NamedKindWord as NamedKind of NamedKind {
        /// A pipeline.
        Pipeline,
        /// An agent.
        Agent,
        /// A schedule.
        Schedule,
        /// A trigger.
        Trigger,
        /// A hook.
        Hook,
        /// A webhook; its name is its address.
        Webhook,
        /// A channel.
        Channel,
        /// A provider.
        Provider,
        /// A thread; its name is its title.
        Thread,
    }

    /// What a waiting run waits for; of several, what a person can act on.
    WaitingWord as Waiting of Waiting {
        /// A person must settle an effect whose outcome is unknown.
        UnknownOutcome,
        /// A person must decide.
        Approval,
        /// The budget is spent; a person may raise it.
        Budget,
        /// Somebody must send a signal.
        Signal,
        /// A child run must end.
        Child,
        /// Time must pass.
        Timer,
    }

    /// Where a node of a run is.
    NodeStatusWord as NodeStatus of NodeStatus {
        /// Its turn has not come.
        Pending,
        /// At work.
        Running,
        /// Waits for a timer, a person or a child.
        Waiting,
        /// Has its output.
        Succeeded,
        /// Has its failure.
        Failed,
        /// Its branch was not taken.
        Skipped,
        /// Stopped before its end.
        Cancelled,
        /// Stopped by its time limit.
        TimedOut,
    }

    /// What a person may do.
    RoleWord as Role of Role {
        /// Everything, people and secrets included.
        Owner,
        /// Runs the server: providers, instances, any run.
        Operator,
        /// Builds and runs.
        Member,
        /// Looks.
        Viewer,
    }

    /// One thing that a role may include.
    PermissionWord as Permission of Permission {
        /// See definitions, runs, events and artifacts.
        Read,
        /// Create and change agents, pipelines, and what starts them: schedules, triggers and hooks.
        DefinitionWrite,
        /// Start, cancel, retry and signal runs; write to threads.
        RunStart,
        /// Decide approvals and settle unknown outcomes.
        ApprovalDecide,
        /// Call a tool directly.
        ToolInvoke,
        /// Change providers and secrets.
        ProviderWrite,
        /// Change channels of notifications, and webhooks to which events are sent.
        IntegrationWrite,
        /// Make, change and close projects, and say who belongs to them.
        ProjectWrite,
        /// See who there is.
        UserRead,
        /// Invite, change and remove people.
        UserWrite,
        /// Read, export and verify the audit trail.
        AuditRead,
        /// See instances, breakers and settings.
        SystemRead,
    }

    /// What repeating an effect means.
    EffectKindWord as EffectKind of EffectKind {
        /// Changes nothing in the world.
        Pure,
        /// The target recognises a repetition.
        Idempotent,
        /// The target can be asked whether it happened.
        Reconcilable,
        /// Never repeated without a person.
        Unsafe,
    }

    /// Whether an approval is open, and if not, why.
    ApprovalStatusWord as ApprovalStatus of ApprovalStatus {
        /// Somebody must decide.
        Open,
        /// Somebody has decided.
        Decided,
        /// The run went on without a decision.
        Expired,
        /// The run has ended.
        RunEnded,
    }

    /// What happens to a message while the thread's agent is at work.
    BusyWord as BusyPolicy of BusyPolicy {
        /// It waits for its turn.
        Queue,
        /// It is refused.
        Reject,
        /// The turn under way is cancelled.
        Interrupt,
    }

    /// Where a tool call is.
    CallStatusWord as CallStatus of CallStatus {
        /// To be done, or at work.
        Pending,
        /// Waits for consent.
        AwaitingApproval,
        /// Waits for a person's answer.
        AwaitingAnswer,
        /// Gave a result.
        Succeeded,
        /// Gave an error.
        Failed,
        /// A person refused it.
        Denied,
        /// The turn went on without it.
        Abandoned,
    }

    /// What ended a turn other than the model's own answer.
    StopReasonWord as StopReason of StopReason {
        /// The limit of model calls.
        TurnLimit,
        /// The limit of tool calls.
        ToolCallLimit,
        /// The limit of tokens.
        TokenLimit,
        /// The limit of money.
        CostLimit,
        /// The limit of time.
        TimeLimit,
        /// The same calls gave the same results again and again.
        NoProgress,
        /// The answer reached its longest length and is cut.
        MaxOutputTokens,
    }

    /// Whether a tool call needs a person's consent.
    PolicyWord as Policy of Policy {
        /// Runs without asking.
        Auto,
        /// Waits until a person approves.
        Ask,
        /// Never runs.
        Deny,
    }
}
