//! Decisions: what a machine asks for, each under a stable key.

use gathering_domain::{Decider, Duration, Failure, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Effect, Key, Limits, Outcome, Payload, Settlement};

/// One thing that a machine wants at this point of its journal.
///
/// A machine answers the whole set that it wants now, each time. What is under way and no longer
/// in the set is given up: calls in flight are dropped, child runs cancelled, approvals closed.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Do this to the world.
    Perform(Effect),
    /// Go on with whatever is under way for this key. Saves building the decision again; allowed
    /// only where [`Facts::under_way`](crate::Facts::under_way) says so.
    Keep(Key),
    /// Write down a result that the machine computed itself.
    Record {
        /// The key that it settles.
        key: Key,
        /// The result.
        result: Settlement,
    },
    /// Tell the world, through the log.
    Emit {
        /// The key.
        key: Key,
        /// The subject.
        subject: String,
        /// What happened.
        data: Payload,
    },
    /// Wait until a time.
    Sleep {
        /// The timer's key.
        key: Key,
        /// Until when.
        until: Until,
    },
    /// Wait for somebody outside.
    Await {
        /// The key under which the answer arrives.
        key: Key,
        /// What is asked.
        request: AwaitRequest,
    },
    /// Start a child run and wait for its end.
    StartChild {
        /// The key under which the child's end arrives.
        key: Key,
        /// The child.
        child: ChildSpec,
    },
    /// End the run. Whatever is still under way is given up.
    Finish(Outcome),
}

/// When a timer is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At this instant.
    At(Timestamp),
    /// This long after the timer was set.
    After(Duration),
}

/// What a run asks of somebody outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AwaitRequest {
    /// Any authorised caller sends the named signal.
    Signal {
        /// Its name.
        name: String,
    },
    /// A person decides; it shows in the approvals inbox.
    Approval {
        /// One line.
        title: String,
        /// What the decision is about: tool, arguments, reason, in the machine's own shape.
        #[serde(default)]
        detail: Payload,
        /// JSON Schema of what the person may fill in; `null` for none.
        #[serde(default)]
        form: Payload,
        /// The answers that the person may give: `approved`, `rejected`, or an agent's choices.
        options: Vec<String>,
        /// Who may decide, of those who may decide at all; all of them if nobody is named.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        deciders: Vec<Decider>,
        /// What happens by itself, and how long after it was asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Duration>,
    },
}

/// A child run to be started.
#[derive(Debug, Clone, PartialEq)]
pub struct ChildSpec {
    /// Which machine decides in it.
    pub machine: &'static str,
    /// The numbered behaviour to which it is pinned.
    pub behaviour: u32,
    /// Its definition, in its machine's own shape.
    pub definition: Payload,
    /// Its input.
    pub input: Payload,
    /// Its limits.
    pub limits: Limits,
    /// A line for people: the name of the agent or pipeline.
    pub title: String,
}

impl Decision {
    /// The key, for all but the end.
    pub const fn key(&self) -> Option<&Key> {
        match self {
            Self::Perform(effect) => Some(&effect.key),
            Self::Keep(key)
            | Self::Record { key, .. }
            | Self::Emit { key, .. }
            | Self::Sleep { key, .. }
            | Self::Await { key, .. }
            | Self::StartChild { key, .. } => Some(key),
            Self::Finish(_) => None,
        }
    }

    /// A recorded output.
    pub fn record(key: Key, output: impl Into<Payload>) -> Self {
        Self::Record { key, result: Settlement::Output(output.into()) }
    }

    /// A recorded failure.
    pub fn record_failure(key: Key, failure: Failure) -> Self {
        Self::Record { key, result: Settlement::Error(failure) }
    }
}
