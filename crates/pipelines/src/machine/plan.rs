//! What the nodes at work want: one set of decisions.

use gathering_domain::{Failure, Timestamp};
use gathering_engine::{AwaitRequest, Decision, Facts, Key, Payload, Until};
use gathering_expressions::{
    EvaluateError, Expression, Scope, Template, ValueError, ValueTemplate,
};
use serde_json::{Value, json};

use super::{
    PipelineMachine,
    fold::Attempt,
    keys::{Part, Place},
};
use crate::parts::{Job, Question, Wait, Work, is_subject, parse_wait};

/// A job of a node or of an item.
pub(super) struct JobAt<'a> {
    pub(super) place: Place,
    pub(super) job: &'a Job,
    pub(super) attempt: Attempt,
    pub(super) item: Option<&'a Value>,
}

impl PipelineMachine {
    pub(super) fn plan(&self, facts: &Facts<'_>) -> Vec<Decision> {
        let mut decisions = Vec::new();
        // Jobs in the order in which their nodes started: only the last are held back, so a job that
        // was let in stays in.
        let mut room = self.program.concurrency;
        for node in self.fold.active.values().copied() {
            let state = &self.fold.nodes[node];
            let Some(scope) = &state.scope else { continue };
            let place = Place::work(node);
            match &self.program.nodes[node].work {
                Work::Job(job) => {
                    if room > 0 {
                        room -= 1;
                        let at = JobAt { place, job, attempt: state.attempt, item: None };
                        self.work_on(&at, scope, facts, &mut decisions);
                    }
                }
                Work::Map { job, .. } => {
                    self.plan_map(place, job, scope, &mut room, facts, &mut decisions);
                }
                Work::Condition(when) => {
                    decisions.push(self.record(place, holds(when, scope).map(Value::Bool)));
                }
                Work::Switch(cases) => {
                    decisions.push(self.record(place, choose(cases, scope).map(Value::from)));
                }
                Work::Transform(value) => {
                    decisions.push(self.record(place, render(value, scope)));
                }
                Work::Delay(wait) => decisions.push(self.delay(place, wait, scope, facts)),
                Work::Approval(question) => {
                    self.ask(place, question, scope, facts, &mut decisions);
                }
                Work::EmitEvent { subject, data } => {
                    decisions.push(self.emit(place, subject, data.as_ref(), scope));
                }
                // These end as they start.
                Work::Trigger | Work::Parallel { .. } => {}
            }
        }
        decisions
    }

    fn plan_map(
        &self,
        place: Place,
        job: &Job,
        scope: &Scope,
        room: &mut usize,
        facts: &Facts<'_>,
        decisions: &mut Vec<Decision>,
    ) {
        let items = match &self.fold.nodes[place.node].items {
            Some(Ok(items)) => items,
            Some(Err(failure)) => {
                return decisions.push(self.record(place, Err(failure.clone())));
            }
            None => return,
        };
        for item in items.at_work() {
            if *room == 0 {
                return;
            }
            *room -= 1;
            let at = JobAt {
                place: Place { item: Some(item), ..place },
                job,
                attempt: items.attempt(item),
                item: items.value(item),
            };
            self.work_on(&at, scope, facts, decisions);
        }
    }

    /// What one job wants, at its present attempt.
    fn work_on(
        &self,
        at: &JobAt<'_>,
        scope: &Scope,
        facts: &Facts<'_>,
        decisions: &mut Vec<Decision>,
    ) {
        let (job, number) = (at.job, at.attempt.number);
        if at.attempt.waiting {
            let key = at.place.part(Part::Wait(number)).key(&self.program);
            let delay = job.retry.unwrap_or_default().delay(number - 1, 1.0, None);
            return decisions.push(sleep(key, Until::After(delay), facts));
        }
        let key = at.place.part(Part::Work(number)).key(&self.program);
        if facts.under_way(&key) {
            return decisions.push(Decision::Keep(key));
        }
        let wanted = if self.needs_consent(at) {
            self.ask_consent(at, scope, facts, decisions)
        } else {
            self.job(key.clone(), at, scope).map(|decision| decisions.push(decision))
        };
        if let Err(failure) = wanted {
            decisions.push(Decision::record_failure(key, failure));
        }
    }

    fn record(&self, place: Place, result: Result<Value, Failure>) -> Decision {
        let key = place.key(&self.program);
        match result {
            Ok(value) => Decision::record(key, value),
            Err(failure) => Decision::record_failure(key, failure),
        }
    }

    fn delay(&self, place: Place, wait: &Wait, scope: &Scope, facts: &Facts<'_>) -> Decision {
        let key = place.key(&self.program);
        if facts.under_way(&key) {
            return Decision::Keep(key);
        }
        let until = match wait {
            Wait::For(template) => text(template, scope).and_then(|text| {
                parse_wait(&text)
                    .map(Until::After)
                    .map_err(|message| Failure::fatal("invalid_duration", message))
            }),
            Wait::Until(template) => text(template, scope).and_then(|text| {
                let message = format!("`{}` is not a time in RFC 3339", cut(&text));
                Timestamp::parse_rfc3339(&text)
                    .map(Until::At)
                    .ok_or_else(|| Failure::fatal("invalid_time", message))
            }),
        };
        match until {
            Ok(until) => Decision::Sleep { key, until },
            Err(failure) => Decision::record_failure(key, failure),
        }
    }

    fn ask(
        &self,
        place: Place,
        question: &Question,
        scope: &Scope,
        facts: &Facts<'_>,
        decisions: &mut Vec<Decision>,
    ) {
        let key = place.key(&self.program);
        if facts.under_way(&key) {
            decisions.push(Decision::Keep(key));
        } else {
            match self.question(place, question, scope) {
                Ok(request) => decisions.push(Decision::Await { key, request }),
                Err(failure) => return decisions.push(Decision::record_failure(key, failure)),
            }
        }
        if let Some(deadline) = question.deadline {
            let key = place.part(Part::Deadline).key(&self.program);
            decisions.push(sleep(key, Until::After(deadline), facts));
        }
    }

    fn question(
        &self,
        place: Place,
        question: &Question,
        scope: &Scope,
    ) -> Result<AwaitRequest, Failure> {
        let detail = question.detail.as_ref().map(|detail| render(detail, scope)).transpose()?;
        Ok(AwaitRequest::Approval {
            title: text(&question.title, scope)?,
            detail: Payload::new(json!({
                "pipeline": self.program.name,
                "node": self.program.nodes[place.node].id,
                "detail": detail,
            })),
            form: Payload::new(question.form.clone().unwrap_or_default()),
            options: vec!["approved".to_owned(), "rejected".to_owned()],
            deciders: question.deciders.clone(),
            deadline: question.deadline,
        })
    }

    fn emit(
        &self,
        place: Place,
        subject: &Template,
        data: Option<&ValueTemplate>,
        scope: &Scope,
    ) -> Decision {
        let key = place.key(&self.program);
        let event = text(subject, scope).and_then(|subject| {
            if !is_subject(&subject) {
                let message = format!("`{}` is not a subject", cut(&subject));
                return Err(Failure::fatal("invalid_subject", message));
            }
            Ok((subject, data.map(|data| render(data, scope)).transpose()?.unwrap_or_default()))
        });
        match event {
            Ok((subject, data)) => Decision::Emit { key, subject, data: Payload::new(data) },
            Err(failure) => Decision::record_failure(key, failure),
        }
    }
}

/// A timer, kept if it runs already.
pub(super) fn sleep(key: Key, until: Until, facts: &Facts<'_>) -> Decision {
    if facts.under_way(&key) { Decision::Keep(key) } else { Decision::Sleep { key, until } }
}

pub(super) fn failed(error: &EvaluateError) -> Failure {
    Failure::fatal(error.kind.code(), error.to_string())
}

fn holds(when: &Expression, scope: &Scope) -> Result<bool, Failure> {
    when.holds(scope).map_err(|error| failed(&error))
}

fn choose(cases: &[(String, Expression)], scope: &Scope) -> Result<String, Failure> {
    for (name, when) in cases {
        if holds(when, scope)? {
            return Ok(name.clone());
        }
    }
    Ok("default".to_owned())
}

pub(super) fn text(template: &Template, scope: &Scope) -> Result<String, Failure> {
    template.render_text(scope).map_err(|error| failed(&error))
}

pub(super) fn render(value: &ValueTemplate, scope: &Scope) -> Result<Value, Failure> {
    value.render(scope).map_err(|error: ValueError<EvaluateError>| {
        Failure::fatal(error.error.kind.code(), error.to_string())
    })
}

fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}
