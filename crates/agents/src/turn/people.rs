//! What a turn asks of people: consent to a call, or an answer to a question.

use gathering_domain::Duration;
use gathering_engine::AwaitRequest;
use gathering_tools::{Answer, Question};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::round::{CallResult, Consent};

/// How long consent is waited for; after that the call counts as refused.
pub(super) const CONSENT_DEADLINE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long an answer is waited for where the model names no deadline.
const ANSWER_DEADLINE: Duration = Duration::from_secs(7 * 24 * 3600);
/// The longest time that a model may make a run wait for an answer.
const MAX_ANSWER_DEADLINE: Duration = Duration::from_secs(30 * 24 * 3600);
/// The longest title in the inbox, in characters.
const MAX_TITLE_CHARS: usize = 120;

/// The call may run. Its data may hold `arguments` to call it with instead.
const APPROVED: &str = "approved";
/// This call and all later ones of the same tool in this run may.
const APPROVED_FOR_RUN: &str = "approved_for_run";
/// It may not.
const REJECTED: &str = "rejected";

/// What arrives when a person has decided.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApprovalAnswer {
    /// One of the options, or free text where none were given.
    pub answer: String,
    /// What was filled in; of a changed call: `{"arguments": {…}}`.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub data: Value,
    /// A word to whoever reads it later; of a refused call, the model reads it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What a person's word means for a call.
pub(super) struct Decided {
    pub(super) consent: Consent,
    pub(super) for_run: bool,
    pub(super) result: Option<CallResult>,
}

/// Asks for consent to a call.
pub(super) fn consent(agent: &str, tool: &str, arguments: &Value, reason: &str) -> AwaitRequest {
    AwaitRequest::Approval {
        title: title(&format!("{agent} wants to call {tool}")),
        detail: json!({
            "type": "tool_call",
            "agent": agent,
            "tool": tool,
            "arguments": arguments,
            "reason": reason,
        })
        .into(),
        form: json!({
            "type": "object",
            "properties": { "arguments": { "type": "object" } },
            "additionalProperties": false,
        })
        .into(),
        options: [APPROVED, APPROVED_FOR_RUN, REJECTED].map(str::to_owned).to_vec(),
        deciders: Vec::new(),
        deadline: Some(CONSENT_DEADLINE),
    }
}

/// Reads what a person decided. Whatever is not plainly consent is none.
pub(super) fn decided(payload: &Value) -> Decided {
    let ApprovalAnswer { answer, mut data, note } = read(payload);
    let for_run = answer == APPROVED_FOR_RUN;
    if answer == APPROVED || for_run {
        let arguments = data.get_mut("arguments").map(Value::take);
        return Decided { consent: Consent::Given { arguments }, for_run, result: None };
    }
    let why = if note.is_empty() { String::new() } else { format!(": {note}") };
    let result = CallResult::error(format!("error (denied): a person refused this call{why}"));
    Decided { consent: Consent::Refused, for_run: false, result: Some(result) }
}

/// What a call gives when nobody decided in time.
pub(super) fn undecided() -> CallResult {
    let text = format!("error (denied): nobody approved this call within {CONSENT_DEADLINE}");
    CallResult::error(text)
}

/// Asks a model's question.
pub(super) fn question(agent: &str, question: &Question) -> AwaitRequest {
    AwaitRequest::Approval {
        title: title(&question.text),
        detail: json!({
            "type": "question",
            "agent": agent,
            "question": question.text,
        })
        .into(),
        form: Value::Null.into(),
        options: question.choices.clone(),
        deciders: Vec::new(),
        deadline: Some(deadline(question)),
    }
}

/// How long the answer to a question is waited for.
pub(super) fn deadline(question: &Question) -> Duration {
    question.deadline.unwrap_or(ANSWER_DEADLINE).min(MAX_ANSWER_DEADLINE)
}

/// What a person answered, for the model to read.
pub(super) fn answered(question: Option<&Question>, payload: &Value) -> CallResult {
    let answer = Answer { text: read(payload).answer };
    match question.map(|question| question.admits(&answer)) {
        Some(Err(fault)) => CallResult::error(format!(
            "error (invalid_answer): the person's answer was not usable: {fault}"
        )),
        Some(Ok(())) | None => CallResult::text(answer.text),
    }
}

/// What a question gives when nobody answers in time.
pub(super) fn unanswered(question: Option<&Question>) -> CallResult {
    let within = question.map_or(ANSWER_DEADLINE, deadline);
    CallResult::error(format!(
        "error (expired): nobody answered within {within}; go on without the answer"
    ))
}

fn read(payload: &Value) -> ApprovalAnswer {
    match payload {
        Value::String(answer) => ApprovalAnswer { answer: answer.clone(), ..Default::default() },
        // A derived reader would take a list for an object.
        Value::Object(_) => serde_json::from_value(payload.clone()).unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            ApprovalAnswer::default()
        }
    }
}

fn title(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= MAX_TITLE_CHARS {
        return line.to_owned();
    }
    line.chars().take(MAX_TITLE_CHARS - 1).chain("…".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_consent_is_consent() {
        for (payload, given) in [
            (json!({ "answer": "approved" }), true),
            (json!("approved"), true),
            (json!({ "answer": "approved_for_run", "note": "fine" }), true),
            (json!({ "answer": "rejected", "note": "too dear" }), false),
            (json!({ "answer": "Approved" }), false),
            (json!({ "answer": true }), false),
            (json!({}), false),
            (json!(null), false),
            (json!(["approved"]), false),
        ] {
            let decided = decided(&payload);
            assert_eq!(matches!(decided.consent, Consent::Given { .. }), given, "{payload}");
            assert_eq!(decided.result.is_none(), given, "{payload}");
        }
        let refused = decided(&json!({ "answer": "rejected", "note": "too dear" })).result.unwrap();
        assert_eq!(refused.text, "error (denied): a person refused this call: too dear");
        let edited = decided(&json!({ "answer": "approved", "data": { "arguments": { "n": 1 } } }));
        assert_eq!(edited.consent, Consent::Given { arguments: Some(json!({ "n": 1 })) });
    }

    #[test]
    fn answers_are_held_against_their_question() {
        let question =
            Question { text: "Ship?".to_owned(), choices: vec!["yes".to_owned()], deadline: None };
        assert_eq!(answered(Some(&question), &json!({ "answer": "yes" })), CallResult::text("yes"));
        for payload in [json!({ "answer": "maybe" }), json!({}), json!(7)] {
            assert!(answered(Some(&question), &payload).is_error, "{payload}");
        }
    }
}
