//! The machine of a turn: model call, tool calls, next model call, until an answer or a limit.

mod calls;
mod ending;
mod model;
mod money;

use std::{collections::HashMap, sync::Arc};

use gathering_domain::Failure;
use gathering_engine::{
    ChildSpec, Decision, Entry, Facts, Key, Limit, Limits, Machine, Outcome, Payload, Until,
};
use gathering_tools::{Schema, Toolbox};

use super::{
    ModelCosts, StopReason, Turn, TurnDefinition, TurnInput, fold::Started, name::Name, progress,
};

/// Decides for one turn.
///
/// The journal holds each model's answer, each tool's result and each person's word, and nothing
/// of a conversation twice: what a model reads is rebuilt from the fold when it is asked.
pub struct TurnMachine {
    toolbox: Arc<Toolbox>,
    costs: Arc<dyn ModelCosts>,
    turn: Turn,
    /// Compiled schemas of pinned tools, and of the answer under the empty name.
    schemas: HashMap<String, Result<Arc<Schema>, Failure>>,
}

impl TurnMachine {
    /// The name under which runs of this machine are stored.
    pub const NAME: &'static str = "agent_turn";
    /// The numbered behaviour of new runs.
    pub const BEHAVIOUR: u32 = 1;

    /// A machine before its first entry. `toolbox` says what repeating a call means; `costs` what
    /// a model call may cost.
    pub fn new(toolbox: Arc<Toolbox>, costs: Arc<dyn ModelCosts>) -> Self {
        Self { toolbox, costs, turn: Turn::default(), schemas: HashMap::new() }
    }

    /// The fold so far.
    pub fn turn(&self) -> &Turn {
        &self.turn
    }

    /// A child run of this machine.
    pub fn child(definition: &TurnDefinition, input: &TurnInput, limits: Limits) -> ChildSpec {
        let json = |value: serde_json::Result<serde_json::Value>| {
            Payload::new(value.expect("definition and input are plain data"))
        };
        ChildSpec {
            machine: Self::NAME,
            behaviour: Self::BEHAVIOUR,
            definition: json(serde_json::to_value(definition)),
            input: json(serde_json::to_value(input)),
            limits,
            title: definition.agent.name.to_string(),
        }
    }
}

impl Machine for TurnMachine {
    fn apply(&mut self, entry: &Entry) {
        self.turn.apply(entry);
    }

    fn decide(&mut self, facts: &Facts<'_>) -> Vec<Decision> {
        let started = match self.turn.started.take() {
            Some(Ok(started)) => started,
            Some(Err(failure)) => {
                self.turn.started = Some(Err(failure.clone()));
                return vec![finish(Outcome::failed(failure))];
            }
            None => return Vec::new(),
        };
        let mut wanted = self.next(&started, facts);
        let over = matches!(wanted.as_slice(), [Decision::Finish(_)]);
        if !over && let Some(timer) = self.time_limit(&started, facts) {
            wanted.push(timer);
        }
        self.turn.started = Some(Ok(started));
        wanted
    }

    /// A retry goes on after the last reply whose calls began: an answer that was not accepted is
    /// asked for again, and what tools and people gave is kept. Time begins anew.
    fn carries(&self, key: &Key) -> bool {
        match Name::parse(key.as_str()) {
            Some(Name::Model { round }) => {
                round + 1 < self.turn.rounds.len()
                    || self.turn.rounds.get(round).is_some_and(|round| !round.calls.is_empty())
            }
            Some(
                Name::Tool { .. } | Name::Approval { .. } | Name::Question { .. } | Name::Compact,
            ) => true,
            Some(
                Name::ApprovalDeadline { .. }
                | Name::QuestionDeadline { .. }
                | Name::Time
                | Name::Stop
                | Name::Report
                | Name::Repair,
            )
            | None => false,
        }
    }
}

impl TurnMachine {
    fn next(&mut self, started: &Started, facts: &Facts<'_>) -> Vec<Decision> {
        if let Some(failure) = &self.turn.failure {
            return vec![finish(Outcome::failed(failure.clone()))];
        }
        if let Some(report) = self.turn.report.clone() {
            return self.ending(started, &report.reply, facts);
        }
        if let Some(last) = self.turn.rounds.last()
            && last.calls.is_empty()
            && self.turn.stop.is_none_or(|stop| stop == StopReason::MaxOutputTokens)
        {
            let reply = last.reply.clone();
            return self.ending(started, &reply, facts);
        }
        if let Some(failure) = spent(facts) {
            return vec![finish(Outcome::failed(failure))];
        }
        if !self.turn.time_up && self.turn.rounds.last().is_some_and(super::round::Round::is_open) {
            return self.calls(started, facts);
        }
        if let Some(stop) = self.turn.stop {
            return self.stopped(started, stop, facts);
        }
        if let Some(stop) = self.limit(started, facts) {
            let reason = serde_json::to_value(stop).expect("a word is plain data");
            return vec![Decision::record(Name::Stop.key(), reason)];
        }
        self.step(started, facts)
    }

    /// The limit that is reached, if one is.
    fn limit(&self, started: &Started, facts: &Facts<'_>) -> Option<StopReason> {
        let limits = &started.definition.agent.limits;
        let rounds = self.turn.rounds.len();
        let usage = facts.state().usage();
        let tokens = usage.tokens.input.saturating_add(usage.tokens.output);
        let marks: Vec<_> = self.turn.rounds.iter().filter_map(|round| round.mark).collect();
        if self.turn.time_up {
            Some(StopReason::TimeLimit)
        } else if progress::is_circling(&marks) {
            Some(StopReason::NoProgress)
        } else if self.turn.calls_before(rounds) > limits.tool_calls as usize {
            Some(StopReason::ToolCallLimit)
        } else if limits.tokens.is_some_and(|most| tokens >= most) {
            Some(StopReason::TokenLimit)
        } else if rounds >= limits.turns as usize {
            Some(StopReason::TurnLimit)
        } else {
            None
        }
    }

    /// The timer of the agent's own time limit.
    fn time_limit(&self, started: &Started, facts: &Facts<'_>) -> Option<Decision> {
        let timeout = started.definition.agent.limits.timeout?;
        if self.turn.time_up {
            return None;
        }
        let key = Name::Time.key();
        Some(if facts.under_way(&key) {
            Decision::Keep(key)
        } else {
            Decision::Sleep { key, until: Until::After(timeout) }
        })
    }

    /// A schema, compiled once: of a pinned tool, or of the answer under the empty name.
    fn schema(&mut self, name: &str, schema: &serde_json::Value) -> Result<Arc<Schema>, Failure> {
        if let Some(compiled) = self.schemas.get(name) {
            return compiled.clone();
        }
        let compiled = Schema::compile(schema).map(Arc::new).map_err(|fault| {
            let whose = if name.is_empty() { "the answer".to_owned() } else { format!("`{name}`") };
            Failure::fatal(
                "invalid_schema",
                format!("the schema of {whose} is not usable: {fault}"),
            )
        });
        self.schemas.insert(name.to_owned(), compiled.clone());
        compiled
    }
}

/// The failure of a run whose hard limits allow nothing more, not even a report.
fn spent(facts: &Facts<'_>) -> Option<Failure> {
    facts.limits_reached().iter().find_map(|limit| match limit {
        Limit::Cost => {
            Some(Failure::fatal("budget_exceeded", "the run's limit of money is reached"))
        }
        Limit::Attempts => {
            Some(Failure::fatal("attempts_exceeded", "the run's limit of attempts is reached"))
        }
        Limit::Timeout | Limit::Recoveries => None,
    })
}

fn finish(outcome: Outcome) -> Decision {
    Decision::Finish(outcome)
}
