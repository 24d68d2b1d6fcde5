//! What people's answers mean for a node, and what their silence means.

use gathering_domain::{Failure, NodeStatus};
use gathering_engine::Payload;
use serde_json::{Value, json};

use super::{fold::Ended, keys::Part};

/// Work that ended badly, and not in a child run.
pub(super) fn badly(status: NodeStatus, code: &str, message: impl Into<String>) -> Ended {
    Ended::Badly { status, error: Failure::fatal(code, message), again: false }
}

/// What a person's word, or their silence, means for a job.
pub(super) enum Consent {
    Given,
    /// The job ended: with its own result, or without consent.
    Ended(Ended),
}

pub(super) fn consent(part: Part, ended: Ended) -> Consent {
    let refused = |message: String| Consent::Ended(badly(NodeStatus::Failed, "refused", message));
    match (part, ended) {
        (Part::Consent, Ended::Well(answer)) => {
            let word = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
            match (word("answer"), word("note")) {
                ("approved", _) => Consent::Given,
                (_, "") => refused("a person refused this call".to_owned()),
                (_, note) => refused(format!("a person refused this call: {note}")),
            }
        }
        (Part::Deadline, _) => refused("nobody consented to this call in time".to_owned()),
        (Part::Consent | Part::Work(_) | Part::Wait(_), ended) => Consent::Ended(ended),
    }
}

pub(super) fn by_deadline(label: &str) -> (Option<String>, Ended) {
    let output = json!({ "answer": label, "by_deadline": true });
    (Some(label.to_owned()), Ended::Well(output.into()))
}

pub(super) fn passed_deadline() -> Ended {
    badly(NodeStatus::TimedOut, "deadline_passed", "nobody decided before the deadline")
}

/// The label of a person's answer.
pub(super) fn decided(answer: Payload) -> (Option<String>, Ended) {
    let label = answer.get("answer").and_then(Value::as_str);
    if let Some(label @ ("approved" | "rejected")) = label {
        return (Some(label.to_owned()), Ended::Well(answer));
    }
    let message = "the answer to an approval is `approved` or `rejected`";
    (None, badly(NodeStatus::Failed, "invalid_answer", message))
}
