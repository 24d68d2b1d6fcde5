//! The fold of a turn's journal.

use std::collections::BTreeSet;

use gathering_domain::{Failure, Usage};
use gathering_engine::{Entry, EntryBody, Key, Outcome, RunStarted, Settlement};
use gathering_llm::ModelReply;
use gathering_tools::{Question, ToolKind};
use serde::{Deserialize as _, de::DeserializeOwned};
use serde_json::Value;

use super::{
    StopReason, TurnDefinition, TurnInput,
    name::Name,
    people,
    round::{Call, CallResult, Consent, Round},
};

/// How many of the latest rounds a summary leaves as they are.
pub(super) const ROUNDS_KEPT: usize = 2;

/// A turn as its journal tells it, for views and for the machine.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    pub(super) started: Option<Result<Started, Failure>>,
    pub(super) rounds: Vec<Round>,
    pub(super) summaries: Vec<Summary>,
    pub(super) report: Option<Said>,
    pub(super) repair: Option<Said>,
    /// Of a model call that failed for good.
    pub(super) failure: Option<Failure>,
    pub(super) stop: Option<StopReason>,
    pub(super) time_up: bool,
    /// Tools that a person has allowed for the rest of the run.
    pub(super) allowed: BTreeSet<String>,
    pub(super) outcome: Option<Outcome>,
}

/// What a turn began with.
#[derive(Debug, Clone)]
pub(super) struct Started {
    pub(super) definition: TurnDefinition,
    pub(super) input: TurnInput,
}

/// A model's answer outside of the rounds.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) reply: ModelReply,
    pub(super) usage: Usage,
}

/// What stands in place of the thread and the first rounds.
#[derive(Debug, Clone)]
pub(super) struct Summary {
    pub(super) rounds: usize,
    pub(super) text: String,
}

impl Turn {
    /// Folds a journal, or the part of it that there is.
    pub fn replay<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut turn = Self::default();
        for entry in entries {
            turn.apply(entry);
        }
        turn
    }

    /// Takes in the next entry.
    pub(super) fn apply(&mut self, entry: &Entry) {
        match &entry.body {
            EntryBody::RunStarted(started) => self.started = Some(Started::read(started)),
            EntryBody::EffectSettled(settled) => {
                self.settled(&settled.key, &settled.result, settled.usage);
            }
            EntryBody::SignalAwaited(awaited) => {
                if let Some(Name::Approval { round, call }) = Name::parse(awaited.key.as_str())
                    && let Some(call) = self.call(round, call)
                    && call.consent == Consent::None
                {
                    call.consent = Consent::Asked;
                }
            }
            EntryBody::SignalReceived(signal) => self.signalled(&signal.key, &signal.payload),
            EntryBody::TimerFired { key } => self.fired(key),
            EntryBody::RunFinished(outcome) => self.outcome = Some(outcome.clone()),
            EntryBody::EffectAttempted(_)
            | EntryBody::AttemptFailed(_)
            | EntryBody::TimerSet { .. }
            | EntryBody::ChildStarted(_)
            | EntryBody::ChildSettled(_)
            | EntryBody::EventEmitted(_)
            | EntryBody::LimitReached { .. }
            | EntryBody::LimitRaised(_)
            | EntryBody::CancelRequested { .. } => {}
        }
    }

    fn settled(&mut self, key: &Key, result: &Settlement, usage: Usage) {
        match Name::parse(key.as_str()) {
            Some(Name::Model { round }) if round == self.rounds.len() => {
                if let Some(reply) = self.reply(key, result) {
                    self.close_last();
                    self.rounds.push(Round::new(reply, usage));
                }
            }
            Some(Name::Tool { round, call }) => {
                let result = match result {
                    Settlement::Output(output) => CallResult::of(output),
                    Settlement::Error(failure) => CallResult::failed(failure),
                };
                self.resolve(round, call, result);
            }
            Some(Name::Compact) => {
                if let Some(reply) = self.reply(key, result) {
                    let rounds = self.rounds.len().saturating_sub(ROUNDS_KEPT);
                    self.summaries.push(Summary { rounds, text: reply.text() });
                }
            }
            Some(Name::Report) => {
                self.report = self.reply(key, result).map(|reply| Said { reply, usage });
            }
            Some(Name::Repair) => {
                self.repair = self.reply(key, result).map(|reply| Said { reply, usage });
            }
            Some(Name::Stop) => {
                if let Settlement::Output(reason) = result {
                    self.stop = StopReason::deserialize(reason.as_ref()).ok();
                    self.rounds.last_mut().into_iter().for_each(Round::leave_behind);
                }
            }
            Some(
                Name::Model { .. }
                | Name::Approval { .. }
                | Name::ApprovalDeadline { .. }
                | Name::Question { .. }
                | Name::QuestionDeadline { .. }
                | Name::Time,
            )
            | None => {}
        }
    }

    /// A model's answer, or the failure that ends the turn.
    fn reply(&mut self, key: &Key, result: &Settlement) -> Option<ModelReply> {
        let read = match result {
            Settlement::Output(output) => {
                ModelReply::deserialize(output.as_ref()).map_err(|fault| {
                    let what =
                        format!("what the journal holds of {key} is no answer of a model: {fault}");
                    Failure::fatal("model_malformed_answer", what)
                })
            }
            Settlement::Error(failure) => Err(failure.clone()),
        };
        read.map_err(|failure| self.failure = Some(failure)).ok()
    }

    fn signalled(&mut self, key: &Key, payload: &Value) {
        match Name::parse(key.as_str()) {
            Some(Name::Approval { round, call }) => {
                let decided = people::decided(payload);
                let Some(asked) = self.call(round, call) else { return };
                asked.consent = decided.consent;
                let tool = asked.wanted.name.clone();
                if decided.for_run {
                    self.allowed.insert(tool);
                }
                if let Some(result) = decided.result {
                    self.resolve(round, call, result);
                }
            }
            Some(Name::Question { round, call }) => {
                let Some(asked) = self.call(round, call) else { return };
                let result = people::answered(asked.question().as_ref(), payload);
                self.resolve(round, call, result);
            }
            _ => {}
        }
    }

    fn fired(&mut self, key: &Key) {
        match Name::parse(key.as_str()) {
            Some(Name::Time) => self.time_up = true,
            Some(Name::ApprovalDeadline { round, call }) => {
                // Consent may have come first, to this call or to its tool, with the tool still at
                // work: a timer that nobody waits for fires all the same.
                let Some(asked) = self.call(round, call) else { return };
                let (asks, tool) = (asked.consent == Consent::Asked, asked.wanted.name.clone());
                if asks && !self.allowed.contains(&tool) {
                    self.resolve(round, call, people::undecided());
                }
            }
            Some(Name::QuestionDeadline { round, call }) => {
                let Some(asked) = self.call(round, call) else { return };
                let result = people::unanswered(asked.question().as_ref());
                self.resolve(round, call, result);
            }
            _ => {}
        }
    }

    fn call(&mut self, round: usize, call: usize) -> Option<&mut Call> {
        self.rounds.get_mut(round)?.calls.get_mut(call)
    }

    /// Notes a call's result; the first one counts.
    fn resolve(&mut self, round: usize, call: usize, result: CallResult) {
        let Some(round) = self.rounds.get_mut(round) else { return };
        if let Some(call) = round.calls.get_mut(call) {
            call.result.get_or_insert(result);
        }
        if !round.is_open() {
            round.close();
        }
    }

    fn close_last(&mut self) {
        if let Some(last) = self.rounds.last_mut() {
            last.close();
        }
    }

    /// How many calls there were in the rounds before this one.
    pub(super) fn calls_before(&self, round: usize) -> usize {
        self.rounds.iter().take(round).map(|round| round.calls.len()).sum()
    }
}

impl Started {
    fn read(started: &RunStarted) -> Result<Self, Failure> {
        Ok(Self {
            definition: read("definition", &started.definition)?,
            input: read("input", &started.input)?,
        })
    }

    /// The schema that the answer must fit.
    pub(super) fn output_schema(&self) -> Option<&Value> {
        self.input.output_schema.as_ref().or(self.definition.agent.output_schema.as_ref())
    }

    /// Whether calls of the tool are questions to a person.
    pub(super) fn asks_person(&self, tool: &str) -> bool {
        self.definition.tool(tool).is_some_and(|tool| tool.kind == ToolKind::AskPerson)
    }
}

fn read<T: DeserializeOwned>(what: &str, payload: &Value) -> Result<T, Failure> {
    T::deserialize(payload).map_err(|fault| {
        let message = format!("could not begin the turn: its {what} cannot be read: {fault}");
        Failure::fatal("invalid_input", message)
    })
}

impl Call {
    /// What is asked of a person, if the call is a question.
    pub(super) fn question(&self) -> Option<Question> {
        Question::deserialize(self.arguments()).ok()
    }
}
