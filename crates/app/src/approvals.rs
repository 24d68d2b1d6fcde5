//! Approvals: what runs ask of people, and what people answer.

use gathering_domain::{Actor, ApprovalId, RunId, Timestamp};
use gathering_engine::{Key, Payload};
use serde_json::Value;

/// A question to people.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// The run that asks.
    pub run_id: RunId,
    /// The key under which it waits.
    pub key: Key,
    /// One line.
    pub title: String,
    /// What it is about, in the machine's own shape.
    pub detail: Payload,
    /// JSON Schema of what a person may fill in; `null` for none.
    pub form: Payload,
    /// The answers that may be given.
    pub options: Vec<String>,
    /// Whether it is open, and if not, why.
    pub status: ApprovalStatus,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When it is over by itself.
    pub deadline_at: Option<Timestamp>,
    /// What was answered.
    pub decision: Option<Decision>,
}

/// Whether an approval waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApprovalStatus {
    /// It waits.
    Open,
    /// A person has decided.
    Decided,
    /// The run went on without it.
    Expired,
    /// The run ended.
    Closed,
}

/// What a person answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// One of the options, or free text where none are given.
    pub answer: String,
    /// What they filled in.
    pub data: Value,
    /// What they said.
    pub note: String,
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
}

/// Decides an approval.
#[derive(Debug, Clone, PartialEq)]
pub struct Decide {
    /// One of the options, or free text where none are given.
    pub answer: String,
    /// What the form asks; `null` without a form.
    pub data: Value,
    /// A word to whoever reads it later.
    pub note: String,
}

impl ApprovalStatus {
    /// The word that the API and the database use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Decided => "decided",
            Self::Expired => "expired",
            Self::Closed => "closed",
        }
    }

    /// Reads the word back.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Decided, Self::Expired, Self::Closed]
            .into_iter()
            .find(|status| status.as_str() == word)
    }
}
