//! The calls of the last reply: each is refused, asked about, or performed.

use gathering_domain::Failure;
use gathering_engine::{Decision, Effect, Facts, Key, KeyState, Payload, RetryPolicy, Until};
use gathering_tools::{Policy, Question, ToolKind, describe_faults};
use serde::Deserialize as _;

use super::TurnMachine;
use crate::turn::{
    PinnedTool, ToolCallInput,
    fold::Started,
    people,
    round::{Call, Consent},
};

/// The most calls of one reply that are under way at once; the others wait their turn.
const MAX_PARALLEL_CALLS: usize = 32;

impl TurnMachine {
    /// What the open calls of the last round want now, in the order of the reply. A call of a tool
    /// that is not parallel waits for those before it, and those after it wait for it.
    pub(super) fn calls(&mut self, started: &Started, facts: &Facts<'_>) -> Vec<Decision> {
        let Some(index) = self.turn.rounds.len().checked_sub(1) else { return Vec::new() };
        let mut wanted = Vec::new();
        let mut open = 0;
        for i in 0..self.turn.rounds[index].calls.len() {
            let call = self.turn.rounds[index].calls[i].clone();
            if call.result.is_some() {
                continue;
            }
            let tool = started.definition.tool(&call.wanted.name);
            let alone = tool.is_some_and(|tool| !tool.parallel);
            if (alone && open > 0) || open >= MAX_PARALLEL_CALLS {
                break;
            }
            open += 1;
            wanted.extend(self.call(started, (index, i), &call, facts));
            if alone {
                break;
            }
        }
        wanted
    }

    fn call(
        &mut self,
        started: &Started,
        (round, index): (usize, usize),
        call: &Call,
        facts: &Facts<'_>,
    ) -> Vec<Decision> {
        let keys = call.keys(round, index);
        let key = keys.tool();
        if facts.under_way(&key) {
            return vec![Decision::Keep(key)];
        }
        // An attempt that the journal knows passed these checks when it was made.
        if facts.key(&key).is_some()
            && let Some(tool) = started.definition.tool(&call.wanted.name)
        {
            return vec![self.perform(started, key, tool, call)];
        }
        let number = self.turn.calls_before(round) + index;
        let tool = match self.accepted(started, call, number) {
            Ok(tool) => tool,
            Err(failure) => return vec![Decision::record_failure(key, failure)],
        };
        let agent = started.definition.agent.name.as_str();
        if tool.kind == ToolKind::AskPerson {
            let Ok(question) = Question::deserialize(call.arguments()) else {
                let failure = Failure::fatal("invalid_arguments", "this is not a question");
                return vec![Decision::record_failure(key, failure)];
            };
            let request = || people::question(agent, &question);
            let (asked, timer) = (keys.question(), keys.question_deadline());
            return waiting(asked, request, timer, people::deadline(&question), facts);
        }
        let allowed = self.turn.allowed.contains(call.wanted.name.as_str());
        if tool.policy == Policy::Ask && !allowed && !consented(call) {
            let reason = self.turn.rounds[round].reply.text();
            let request = || people::consent(agent, &call.wanted.name, call.arguments(), &reason);
            let (asked, timer) = (keys.approval(), keys.approval_deadline());
            return waiting(asked, request, timer, people::CONSENT_DEADLINE, facts);
        }
        vec![self.perform(started, key, tool, call)]
    }

    /// The tool of a call that may go on, or why it may not: the model reads that as the call's
    /// result, and the call counts.
    fn accepted<'a>(
        &mut self,
        started: &'a Started,
        call: &Call,
        number: usize,
    ) -> Result<&'a PinnedTool, Failure> {
        let name = call.wanted.name.as_str();
        let limit = started.definition.agent.limits.tool_calls;
        if number >= limit as usize {
            let message = format!("not called: the limit of {limit} tool calls is reached");
            return Err(Failure::fatal("tool_call_limit", message));
        }
        let tool = started.definition.tool(name).filter(|tool| tool.policy != Policy::Deny);
        let Some(tool) = tool else {
            let offered =
                started.definition.tools.iter().filter(|tool| tool.policy != Policy::Deny);
            let names: Vec<&str> = offered.map(|tool| tool.name.as_str()).collect();
            let shown: String = name.chars().take(64).collect();
            let message =
                format!("there is no tool `{shown}`; the tools are: {}", names.join(", "));
            return Err(Failure::fatal("unknown_tool", message));
        };
        if !call.arguments().is_object() {
            let reason = match call.wanted.object() {
                Err(fault) => fault.to_string(),
                Ok(_) => "the arguments are not a JSON object".to_owned(),
            };
            return Err(Failure::fatal("malformed_arguments", reason));
        }
        let faults = self.schema(name, &tool.input)?.faults(call.arguments());
        if faults.is_empty() {
            return Ok(tool);
        }
        Err(Failure::fatal("invalid_arguments", describe_faults(name, &faults)))
    }

    fn perform(&self, started: &Started, key: Key, tool: &PinnedTool, call: &Call) -> Decision {
        let arguments = call.arguments();
        let kind = match (self.toolbox.find(tool.name.as_str()), tool.kind) {
            (Some(known), _) => known.kind_of(arguments),
            // Gone since the turn began: the executor will say so.
            (None, ToolKind::Effect { kind }) => kind,
            (None, ToolKind::AskPerson) => gathering_domain::EffectKind::Pure,
        };
        // By now a person was asked, or whoever wrote the agent allowed beforehand what the tool asks for.
        let allowed = self
            .toolbox
            .find(tool.name.as_str())
            .is_some_and(|known| known.spec().policy == Policy::Ask && tool.policy == Policy::Auto);
        let input = ToolCallInput {
            tool: tool.name.to_string(),
            arguments: arguments.clone(),
            call_id: call.wanted.id.clone(),
            approved: tool.policy == Policy::Ask || allowed,
            hosts: started.definition.agent.host_lists(&tool.name),
        };
        Decision::Perform(Effect {
            key,
            performer: "tool",
            input: Payload::new(serde_json::to_value(input).expect("a call is plain data")),
            kind,
            retry: RetryPolicy::default(),
            timeout: tool.timeout,
            reserve: None,
        })
    }
}

const fn consented(call: &Call) -> bool {
    match call.consent {
        Consent::Given { .. } => true,
        Consent::None | Consent::Asked | Consent::Refused => false,
    }
}

/// Waits for a person, but not for ever.
fn waiting(
    asked: Key,
    request: impl FnOnce() -> gathering_engine::AwaitRequest,
    timer: Key,
    deadline: gathering_domain::Duration,
    facts: &Facts<'_>,
) -> Vec<Decision> {
    let wait = if facts.under_way(&asked) {
        Decision::Keep(asked)
    } else {
        Decision::Await { key: asked, request: request() }
    };
    match facts.key(&timer) {
        Some(KeyState::Timer { .. }) => vec![wait, Decision::Keep(timer)],
        Some(_) => vec![wait],
        None => vec![wait, Decision::Sleep { key: timer, until: Until::After(deadline) }],
    }
}
