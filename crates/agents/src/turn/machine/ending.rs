//! The end of a turn: the answer held against its schema, repaired once, or a report.

use gathering_domain::Failure;
use gathering_engine::{Decision, Facts, Outcome};
use gathering_llm::{Message, ModelReply};

use super::{TurnMachine, finish, spent};
use crate::{
    OnLimit,
    turn::{
        ModelPurpose, StopReason,
        answer::{Verdict, judge},
        fold::Started,
        name::Name,
    },
};

impl TurnMachine {
    /// Ends with `reply`, if that is an answer, or with its repaired form.
    pub(super) fn ending(
        &mut self,
        started: &Started,
        reply: &ModelReply,
        facts: &Facts<'_>,
    ) -> Vec<Decision> {
        let schema = match started.output_schema().map(|schema| self.schema("", schema)).transpose()
        {
            Ok(schema) => schema,
            Err(failure) => return vec![finish(Outcome::failed(failure))],
        };
        let repaired = self.turn.repair.clone();
        let last = repaired.as_ref().map_or(reply, |said| &said.reply);
        match judge(last, schema.as_deref()) {
            Verdict::Answer { value, cut } => {
                if cut && self.turn.stop.is_none() {
                    let reason = serde_json::to_value(StopReason::MaxOutputTokens);
                    let reason = reason.expect("a word is plain data");
                    return vec![Decision::record(Name::Stop.key(), reason)];
                }
                vec![finish(Outcome::succeeded(value))]
            }
            Verdict::Failed(failure) => vec![finish(Outcome::failed(self.blame(started, failure)))],
            Verdict::Misfit(why) if repaired.is_some() => {
                let message =
                    format!("the answer does not fit its schema, nor did its repair: {why}");
                vec![finish(Outcome::failed(Failure::fatal("invalid_output", message)))]
            }
            Verdict::Misfit(why) => {
                if let Some(failure) = spent(facts) {
                    return vec![finish(Outcome::failed(failure))];
                }
                let wish = format!(
                    "Your answer does not fit the JSON Schema:\n{why}\nAnswer again with one JSON value that fits, and nothing else."
                );
                // A report stands outside the rounds, so the conversation does not hold it yet.
                let mut more = Vec::new();
                if let (Some(report), Some(stop)) = (&self.turn.report, self.turn.stop) {
                    more.push(Message::user(report_wish(started, stop)));
                    more.push(report.reply.message());
                }
                more.push(Message::user(wish));
                self.say(started, Name::Repair, ModelPurpose::Repair, more, facts)
            }
        }
    }

    /// What follows from a limit: a report, or a failure.
    pub(super) fn stopped(
        &mut self,
        started: &Started,
        stop: StopReason,
        facts: &Facts<'_>,
    ) -> Vec<Decision> {
        match started.definition.agent.on_limit {
            OnLimit::Fail => {
                let failure = stop.failure(&started.definition.agent.limits);
                vec![finish(Outcome::failed(failure))]
            }
            OnLimit::Report => {
                let wish = Message::user(report_wish(started, stop));
                self.say(started, Name::Report, ModelPurpose::Report, [wish], facts)
            }
        }
    }

    /// A limit is the better reason than the report that did not come.
    fn blame(&self, started: &Started, failure: Failure) -> Failure {
        match self.turn.stop {
            Some(stop) if self.turn.report.is_some() => {
                let mut limit = stop.failure(&started.definition.agent.limits);
                limit.message = format!("{}; the model gave no report: {failure}", limit.message);
                limit
            }
            Some(_) | None => failure,
        }
    }
}

pub(super) fn report_wish(started: &Started, stop: StopReason) -> String {
    let why = stop.sentence(&started.definition.agent.limits);
    format!(
        "Stop here: {why}. Do not call tools any more. Report now: give the best answer that you can from what you have, and say what is missing."
    )
}
