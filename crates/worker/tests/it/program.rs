//! The machine of the tests: a run's definition is a list of steps, done one after the other.
//!
//! A step is `{"do": key, "kind": …, "input": …, "retry": …}`, `{"sleep": key, "ms": n}`,
//! `{"await": key}`, `{"children": key, "count": n, "cost": n, "wait": bool, "steps": […]}`, `{"panic": …}`,
//! `{"all": […]}`, or `{"race": […]}`, which is over with the first that is.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::future::BoxFuture;
use gathering_domain::{Duration, EffectKind, Failure, MicroUsd, ProjectId};
use gathering_engine::{
    AwaitRequest, ChildSpec, Decision, Effect, Entry, EntryBody, Facts, Key, KeyState, Limits,
    Machine, OnCost, Outcome, Payload, RetryPolicy, RunStarted, Settlement, Until,
};
use gathering_storage::RunLimit;
use gathering_worker::{BuildError, Machines};
use serde_json::{Value, json};

use crate::world::child_key;

/// The key of the step that programs of behaviour 2 end with, and those of behaviour 1 do not.
pub(crate) const FAREWELL: &str = "farewell";
/// The newest behaviour that there is.
const NEWEST: u32 = 2;

/// Makes the machines, and counts how often one was made: once for each fold.
pub(crate) struct Programs {
    pub(crate) folds: AtomicUsize,
    /// The newest behaviour that this build knows.
    newest: u32,
}

impl Default for Programs {
    fn default() -> Self {
        Self { folds: AtomicUsize::new(0), newest: NEWEST }
    }
}

impl Programs {
    /// Those of an older build.
    pub(crate) fn older() -> Self {
        Self { newest: NEWEST - 1, ..Self::default() }
    }
}

struct Program {
    steps: Vec<Value>,
    /// The first error of any step.
    failed: Option<Failure>,
    at: usize,
}

impl Machines for Programs {
    fn build<'a>(
        &'a self,
        _: ProjectId,
        started: &'a RunStarted,
    ) -> BoxFuture<'a, Result<Box<dyn Machine>, BuildError>> {
        self.folds.fetch_add(1, Ordering::SeqCst);
        let mut steps = started.definition.as_array().cloned();
        if started.behaviour > self.newest {
            return Box::pin(std::future::ready(Err(BuildError::Newer)));
        }
        if let Some(steps) = steps.as_mut().filter(|_| started.behaviour == 2) {
            steps.push(json!({ "do": FAREWELL }));
        }
        Box::pin(std::future::ready(match steps {
            Some(steps) => Ok(Box::new(Program { steps, failed: None, at: 0 }) as Box<dyn Machine>),
            None => Err(BuildError::Impossible(Failure::fatal("no_program", "it has no steps"))),
        }))
    }

    fn child_definition(&self, _: &RunStarted, child: &ChildSpec) -> Result<Payload, BuildError> {
        Ok(Arc::clone(&child.definition))
    }

    /// A step of a child may be `{"limit": key, "max": n}`, which the machine passes over.
    fn child_limits<'a>(
        &'a self,
        _: ProjectId,
        child: &'a ChildSpec,
    ) -> BoxFuture<'a, Result<Vec<RunLimit>, BuildError>> {
        let steps = child.definition.as_array().into_iter().flatten();
        let limits = steps.filter_map(|step| {
            let max = u32::try_from(step["max"].as_u64()?).unwrap();
            Some(RunLimit { key: step["limit"].as_str()?.to_owned(), max, until_end: false })
        });
        Box::pin(std::future::ready(Ok(limits.collect())))
    }
}

impl Machine for Program {
    fn apply(&mut self, entry: &Entry) {
        let error = match &entry.body {
            EntryBody::EffectSettled(settled) => match &settled.result {
                Settlement::Error(error) => Some(error.clone()),
                Settlement::Output(_) => None,
            },
            EntryBody::ChildSettled(child) => child.outcome.error.clone(),
            _ => None,
        };
        self.failed = self.failed.take().or(error);
    }

    fn decide(&mut self, facts: &Facts<'_>) -> Vec<Decision> {
        if let Some(error) = &self.failed {
            return vec![Decision::Finish(Outcome::failed(error.clone()))];
        }
        while let Some(step) = self.steps.get(self.at) {
            let decisions = wanted(step, facts);
            if !decisions.is_empty() {
                return decisions;
            }
            self.at += 1;
        }
        vec![Decision::Finish(Outcome::succeeded(json!({ "steps": self.steps.len() })))]
    }

    fn carries(&self, _: &Key) -> bool {
        true
    }
}

/// What a step still wants.
fn wanted(step: &Value, facts: &Facts<'_>) -> Vec<Decision> {
    assert!(step["panic"].is_null(), "a defect of the machine");
    if let Some(race) = step["race"].as_array() {
        let wants: Vec<_> = race.iter().map(|step| wanted(step, facts)).collect();
        let over = wants.iter().any(Vec::is_empty);
        return if over { Vec::new() } else { wants.into_iter().flatten().collect() };
    }
    if let Some(all) = step["all"].as_array() {
        return all.iter().flat_map(|step| wanted(step, facts)).collect();
    }
    if !step["limit"].is_null() {
        return Vec::new();
    }
    let open = |key: &Key| match facts.key(key) {
        Some(KeyState::Settled { .. }) => None,
        _ if facts.under_way(key) => Some(Decision::Keep(key.clone())),
        _ => Some(Decision::Finish(Outcome::succeeded(Value::Null))),
    };
    let new = |key: Key, decide: &dyn Fn(Key) -> Decision| match open(&key)? {
        Decision::Finish(_) => Some(decide(key)),
        keep => Some(keep),
    };
    if let Some(key) = step["do"].as_str() {
        return new(Key::new(key), &|key| Decision::Perform(effect(step, key)))
            .into_iter()
            .collect();
    }
    if let Some(key) = step["sleep"].as_str() {
        let until = Until::After(Duration::from_millis(step["ms"].as_u64().unwrap()));
        return new(Key::new(key), &|key| Decision::Sleep { key, until }).into_iter().collect();
    }
    if let Some(key) = step["await"].as_str() {
        let request = AwaitRequest::Signal { name: key.to_owned() };
        let decide = |key| Decision::Await { key, request: request.clone() };
        return new(Key::new(key), &decide).into_iter().collect();
    }
    let (prefix, count) = (step["children"].as_str().unwrap(), step["count"].as_u64().unwrap());
    let numbers = 0..usize::try_from(count).unwrap();
    let child = |number: usize| ChildSpec {
        machine: "program",
        behaviour: 1,
        definition: Payload::new(step["steps"].clone()),
        input: Payload::default(),
        limits: Limits {
            cost: step["cost"].as_i64().map(MicroUsd),
            on_cost: if step["wait"] == true { OnCost::Wait } else { OnCost::Fail },
            ..Limits::default()
        },
        title: format!("child {number}"),
    };
    let keys = numbers.map(|number| (number, child_key(prefix, number)));
    keys.filter_map(|(number, key)| {
        new(key, &|key| Decision::StartChild { key, child: child(number) })
    })
    .collect()
}

fn effect(step: &Value, key: Key) -> Effect {
    let kind = serde_json::from_value(step["kind"].clone()).unwrap_or(EffectKind::Pure);
    let attempts = step["attempts"].as_u64().unwrap_or(1);
    Effect {
        key,
        performer: match step["performer"].as_str() {
            None => "hands",
            Some("http") => "http",
            Some(_) => "nobody",
        },
        input: Payload::new(step["input"].clone()),
        kind,
        retry: RetryPolicy {
            attempts: u32::try_from(attempts).unwrap(),
            first_delay: Duration::from_millis(step["delay_ms"].as_u64().unwrap_or(10)),
            ..RetryPolicy::default()
        },
        timeout: Duration::from_millis(step["timeout_ms"].as_u64().unwrap_or(60_000)),
        reserve: step["reserve"].as_i64().map(MicroUsd),
    }
}
