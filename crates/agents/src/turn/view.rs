//! A turn as people and programs look at it.

use gathering_domain::{Failure, RunStatus, Usage};
use gathering_engine::Key;
use gathering_llm::{ModelReply, Part};
use gathering_tools::ArtifactRef;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    StopReason, Turn,
    round::{Call, Consent, Round},
};

/// A turn, from its task to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnView {
    /// The agent's name.
    pub agent: String,
    /// What it was asked.
    pub task: String,
    /// What the model said and called, reply by reply; the last without calls is the answer.
    pub rounds: Vec<RoundView>,
    /// The last word after a limit was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<RoundView>,
    /// The answer again, as it had not fitted its schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<RoundView>,
    /// How often the conversation was summed up.
    pub summaries: usize,
    /// What ended the turn other than the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<StopReason>,
    /// How the run ended; none while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RunStatus>,
    /// Why it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// One reply of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundView {
    /// The provider's configured name.
    pub provider: String,
    /// The model that answered.
    pub model: String,
    /// Whether a script answered instead of a model.
    pub scripted: bool,
    /// What it said.
    pub text: String,
    /// What it thought, where the provider shows that.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    /// What it called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallView>,
    /// What the reply used.
    pub usage: Usage,
}

/// One tool call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallView {
    /// The model's own id of the call.
    pub call_id: String,
    /// The key of its effect in the journal.
    pub key: Key,
    /// The tool.
    pub tool: String,
    /// Its arguments; those that a person gave instead, if one did.
    pub arguments: Value,
    /// Where it is.
    pub status: CallStatus,
    /// What the model reads of it, once there is something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// What it stored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<ArtifactRef>,
}

/// Where a tool call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
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

impl Turn {
    /// The whole turn as it is now; none before its first entry, or if that cannot be read.
    pub fn view(&self) -> Option<TurnView> {
        let Some(Ok(started)) = &self.started else { return None };
        let last = self.rounds.len().saturating_sub(1);
        let over = self.outcome.is_some() || self.report.is_some();
        let rounds = self.rounds.iter().enumerate().map(|(i, round)| {
            let asks = |tool: &str| started.asks_person(tool);
            round_view(i, round, over || i < last, &asks)
        });
        let said = |said: &super::fold::Said| reply_view(&said.reply, Vec::new(), said.usage);
        Some(TurnView {
            agent: started.definition.agent.name.to_string(),
            task: started.input.task.clone(),
            rounds: rounds.collect(),
            report: self.report.as_ref().map(said),
            repair: self.repair.as_ref().map(said),
            summaries: self.summaries.len(),
            stop_reason: self.stop,
            status: self.outcome.as_ref().map(|outcome| outcome.status),
            error: self.outcome.as_ref().and_then(|outcome| outcome.error.clone()),
        })
    }

    /// What ended the turn other than the model's own answer.
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.stop
    }
}

fn round_view(index: usize, round: &Round, left: bool, asks: &dyn Fn(&str) -> bool) -> RoundView {
    let calls = round.calls.iter().enumerate();
    let calls = calls.map(|(i, call)| call_view(index, i, call, left, asks(&call.wanted.name)));
    reply_view(&round.reply, calls.collect(), round.usage)
}

fn call_view(round: usize, index: usize, call: &Call, left: bool, asks: bool) -> CallView {
    let status = match (&call.result, &call.consent) {
        (_, Consent::Refused) => CallStatus::Denied,
        (Some(result), _) if result.is_error => CallStatus::Failed,
        (Some(_), _) => CallStatus::Succeeded,
        (None, _) if left => CallStatus::Abandoned,
        (None, Consent::Asked) => CallStatus::AwaitingApproval,
        (None, Consent::None | Consent::Given { .. }) if asks => CallStatus::AwaitingAnswer,
        (None, Consent::None | Consent::Given { .. }) => CallStatus::Pending,
    };
    let output = call.result.as_ref().and_then(|result| result.output.as_ref());
    let keys = call.keys(round, index);
    CallView {
        call_id: call.wanted.id.clone(),
        key: if asks { keys.question() } else { keys.tool() },
        tool: call.wanted.name.clone(),
        arguments: call.arguments().clone(),
        status,
        result: call.result.as_ref().map(|result| result.text.clone()),
        artifacts: output.map(|output| output.artifacts.clone()).unwrap_or_default(),
    }
}

fn reply_view(reply: &ModelReply, calls: Vec<CallView>, usage: Usage) -> RoundView {
    let thoughts = reply.parts.iter().filter_map(|part| match part {
        Part::Reasoning(reasoning) => Some(reasoning.text.as_str()),
        Part::Text { .. } | Part::Image(_) | Part::ToolCall(_) | Part::ToolResult(_) => None,
    });
    RoundView {
        provider: reply.provider.clone(),
        model: reply.model.clone(),
        scripted: reply.scripted,
        text: reply.text(),
        reasoning: thoughts.collect(),
        calls,
        usage,
    }
}
