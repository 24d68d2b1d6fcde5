//! The toy machine: what is settled in its graph, and what it wants next.

use gathering_domain::{Failure, RunStatus};
use gathering_engine::{
    AwaitRequest, Decision, Effect, Entry, EntryBody, Facts, Key, Machine, Outcome, Payload,
    Settlement, Until,
};
use serde_json::{Value, json};

use super::{
    digest,
    program::{Carries, Join, Node, Op, Program, spec},
};
use crate::Dice;

/// Walks one program.
#[derive(Debug, Default)]
pub(crate) struct ToyMachine {
    program: Program,
    /// Stands for the run's input.
    input: u64,
    nodes: Vec<Progress>,
}

/// Where a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Open,
    Done { well: bool, output: u64 },
    GivenUp,
}

impl Machine for ToyMachine {
    fn apply(&mut self, entry: &Entry) {
        match &entry.body {
            EntryBody::RunStarted(started) => {
                let number = |name: &str| started.definition[name].as_u64().unwrap_or(0);
                self.program = Program::new(number("seed"), number("depth"));
                self.input = digest(&started.input);
                self.nodes = vec![Progress::Open; self.program.nodes.len()];
            }
            EntryBody::EffectSettled(settled) => match &settled.result {
                Settlement::Output(output) => self.done(&settled.key, true, digest(output)),
                Settlement::Error(_) => self.done(&settled.key, false, 0),
            },
            EntryBody::TimerFired { key } => self.done(key, true, 0),
            EntryBody::EventEmitted(event) => self.done(&event.key, true, 0),
            EntryBody::SignalReceived(signal) => {
                self.done(&signal.key, true, digest(&signal.payload));
            }
            EntryBody::ChildSettled(child) => {
                let well = child.outcome.status == RunStatus::Succeeded;
                self.done(&child.key, well, digest(&child.outcome.output));
            }
            EntryBody::EffectAttempted(_)
            | EntryBody::AttemptFailed(_)
            | EntryBody::TimerSet { .. }
            | EntryBody::SignalAwaited(_)
            | EntryBody::ChildStarted(_)
            | EntryBody::LimitReached { .. }
            | EntryBody::LimitRaised(_)
            | EntryBody::CancelRequested { .. }
            | EntryBody::RunFinished(_) => {}
        }
    }

    fn decide(&mut self, facts: &Facts<'_>) -> Vec<Decision> {
        if let Some(outcome) = self.outcome(facts) {
            return vec![Decision::Finish(outcome)];
        }
        let mut wanted = Vec::new();
        for place in 0..self.nodes.len() {
            if self.nodes[place] == Progress::Open && self.is_ready(place) {
                self.want(&self.program.nodes[place], facts, &mut wanted);
            }
        }
        if self.program.backwards {
            wanted.reverse();
        }
        wanted
    }

    fn carries(&self, key: &Key) -> bool {
        let recorded = place(key)
            .and_then(|place| self.program.nodes.get(place))
            .is_some_and(|node| matches!(node.op, Op::Record { .. }));
        match self.program.carries {
            Carries::All => true,
            Carries::AllButRecords => !recorded,
            Carries::WhatFollowsNoFailure => {
                place(key).is_some_and(|place| self.is_well_founded(place))
            }
        }
    }
}

impl ToyMachine {
    fn done(&mut self, key: &Key, well: bool, output: u64) {
        let Some(place) = place(key) else { return };
        if self.nodes.get(place) != Some(&Progress::Open) {
            return;
        }
        self.nodes[place] = Progress::Done { well, output };
        for race in &self.program.nodes {
            if race.join == Join::Any && race.after.contains(&place) {
                for loser in &race.after {
                    if self.nodes[*loser] == Progress::Open {
                        self.nodes[*loser] = Progress::GivenUp;
                    }
                }
            }
        }
    }

    fn is_ready(&self, place: usize) -> bool {
        let node = &self.program.nodes[place];
        let over = |from: &usize| self.nodes[*from] != Progress::Open;
        match node.join {
            Join::All => node.after.iter().all(over),
            Join::Any => node.after.iter().any(over),
        }
    }

    /// Whether nothing before a node will be done anew by a retry.
    fn is_well_founded(&self, place: usize) -> bool {
        self.program.nodes[place].after.iter().all(|from| {
            matches!(self.nodes[*from], Progress::Done { well: true, .. })
                && self.is_well_founded(*from)
        })
    }

    fn outcome(&self, facts: &Facts<'_>) -> Option<Outcome> {
        let mut open = false;
        for (place, (node, progress)) in self.program.nodes.iter().zip(&self.nodes).enumerate() {
            match progress {
                Progress::Done { well: false, .. } if !node.tolerant => {
                    return Some(failed("node_failed"));
                }
                Progress::Open => {
                    if let Op::Finish { well } = node.op
                        && self.is_ready(place)
                    {
                        return Some(if well {
                            Outcome::succeeded(json!("early"))
                        } else {
                            failed("early")
                        });
                    }
                    open = true;
                }
                Progress::Done { .. } | Progress::GivenUp => {}
            }
        }
        if self.program.polite && !facts.limits_reached().is_empty() {
            return Some(failed("limited"));
        }
        (!open).then(|| Outcome::succeeded(json!(self.nodes.len())))
    }

    fn want(&self, node: &Node, facts: &Facts<'_>, wanted: &mut Vec<Decision>) {
        let key = node.key.clone();
        if let Op::Await { deadline: Some(deadline), .. } = node.op {
            let until = Until::After(deadline);
            wanted.push(Decision::Sleep { key: node.deadline_key.clone(), until });
        }
        if self.program.keeps && facts.under_way(&key) {
            return wanted.push(Decision::Keep(key));
        }
        wanted.push(match &node.op {
            Op::Perform { kind, reserve, retry, timeout } => Decision::Perform(Effect {
                input: self.input(node),
                key,
                performer: "toy",
                kind: *kind,
                retry: *retry,
                timeout: *timeout,
                reserve: *reserve,
            }),
            Op::Record { well: true } => Decision::record(key, json!(self.program.seed >> 8)),
            Op::Record { well: false } => {
                Decision::record_failure(key, Failure::fatal("recorded", "it is so"))
            }
            Op::Emit => {
                Decision::Emit { key, subject: "toy.emitted".to_owned(), data: Payload::default() }
            }
            Op::Sleep { length } => Decision::Sleep { key, until: Until::After(*length) },
            Op::Await { approval: true, deadline } => Decision::Await {
                key,
                request: AwaitRequest::Approval {
                    title: String::new(),
                    detail: Payload::default(),
                    form: Payload::default(),
                    options: vec!["approved".to_owned(), "rejected".to_owned()],
                    deciders: Vec::new(),
                    deadline: *deadline,
                },
            },
            Op::Await { approval: false, .. } => {
                Decision::Await { key, request: AwaitRequest::Signal { name: "go".to_owned() } }
            }
            Op::Child { seed } => {
                let mut child = spec(&mut Dice::new(*seed), self.program.depth + 1);
                child.input = self.input(node);
                Decision::StartChild { key, child }
            }
            Op::Finish { .. } => unreachable!("a ready end ends the run before anything is wanted"),
        });
    }

    /// What goes into a node: the same from the moment when it is ready, and another one in a retry
    /// for which anything before it ended otherwise.
    fn input(&self, node: &Node) -> Payload {
        let before = node.after.iter().map(|from| match self.nodes[*from] {
            Progress::Done { output, .. } => output,
            Progress::Open | Progress::GivenUp => 0,
        });
        let before: Vec<Value> = before.map(Value::from).collect();
        Payload::new(json!([self.program.seed, node.key.as_str(), self.input, before]))
    }
}

fn failed(code: &str) -> Outcome {
    Outcome::failed(Failure::fatal(code, "the program says so"))
}

/// The place of the node that a key belongs to.
fn place(key: &Key) -> Option<usize> {
    let number = key.as_str().strip_prefix('n')?;
    number.split('/').next()?.parse().ok()
}
