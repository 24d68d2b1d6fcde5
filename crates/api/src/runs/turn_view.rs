//! A turn of an agent as clients read it: replies, and the tools that they called.

use gathering_app::{
    runs::{CallView as Call, RoundView as Round, TurnView as Turn},
    tools::ArtifactRef,
};
use gathering_domain::ArtifactId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::views::{CallStatusWord, FailureView, RunStatusWord, StopReasonWord, UsageView};

/// A turn, from its task to its end.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Turn)]
pub(crate) struct TurnView {
    /// The agent's name.
    agent: String,
    /// What it was asked.
    task: String,
    /// What the model said and called, reply by reply; the last without calls is the answer.
    rounds: Vec<RoundView>,
    /// The last word after a limit was reached.
    report: Option<RoundView>,
    /// The answer again, as it had not fitted its schema.
    repair: Option<RoundView>,
    /// How often the conversation was summed up.
    summaries: usize,
    /// What ended the turn other than the answer.
    stop_reason: Option<StopReasonWord>,
    /// How the run ended; `null` while it goes on.
    status: Option<RunStatusWord>,
    /// Why it did not succeed.
    error: Option<FailureView>,
}

/// One reply of the model.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Round)]
struct RoundView {
    /// The provider's configured name.
    provider: String,
    /// The model that answered.
    model: String,
    /// Whether a script answered instead of a model.
    scripted: bool,
    /// What it said.
    text: String,
    /// What it thought, where the provider shows that.
    reasoning: String,
    /// What it called.
    calls: Vec<CallView>,
    /// What the reply used.
    usage: UsageView,
}

/// One tool call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Call)]
struct CallView {
    /// The model's own id of the call.
    call_id: String,
    /// The key of its effect in the journal.
    key: String,
    /// The tool.
    tool: String,
    /// Its arguments; those that a person gave instead, if one did.
    arguments: Value,
    /// Where it is.
    status: CallStatusWord,
    /// What the model reads of it, once there is something.
    result: Option<String>,
    /// What it stored.
    artifacts: Vec<ArtifactRefView>,
}

/// Something that a tool stored.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ArtifactRef)]
pub(crate) struct ArtifactRefView {
    /// Its id.
    #[schema(value_type = String, example = "art_01985f2e6a7b7c00a0b1c2d3e4f50617")]
    artifact_id: ArtifactId,
    /// Its name.
    name: String,
    /// Its media type.
    media_type: String,
    /// Its size in bytes.
    bytes: u64,
}

impl From<Turn> for TurnView {
    fn from(turn: Turn) -> Self {
        let Turn { agent, task, rounds, report, repair, summaries, .. } = turn;
        Self {
            agent,
            task,
            rounds: rounds.into_iter().map(RoundView::from).collect(),
            report: report.map(RoundView::from),
            repair: repair.map(RoundView::from),
            summaries,
            stop_reason: turn.stop_reason.map(StopReasonWord::from),
            status: turn.status.map(RunStatusWord::from),
            error: turn.error.map(FailureView::from),
        }
    }
}

impl From<Round> for RoundView {
    fn from(round: Round) -> Self {
        let Round { provider, model, scripted, text, reasoning, calls, usage } = round;
        let calls = calls.into_iter().map(CallView::from).collect();
        Self { provider, model, scripted, text, reasoning, calls, usage: usage.into() }
    }
}

impl From<Call> for CallView {
    fn from(call: Call) -> Self {
        let Call { call_id, key, tool, arguments, status, result, artifacts } = call;
        let artifacts = artifacts.into_iter().map(ArtifactRefView::from).collect();
        let (key, status) = (key.to_string(), status.into());
        Self { call_id, key, tool, arguments, status, result, artifacts }
    }
}

impl From<ArtifactRef> for ArtifactRefView {
    fn from(artifact: ArtifactRef) -> Self {
        let ArtifactRef { artifact_id, name, media_type, bytes } = artifact;
        Self { artifact_id, name, media_type, bytes }
    }
}
