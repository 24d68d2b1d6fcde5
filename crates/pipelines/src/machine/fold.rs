//! The fold of a pipeline's journal.

use std::collections::{BTreeMap, VecDeque};

use gathering_domain::{Failure, NodeStatus, RunId, RunStatus, Timestamp, Usage};
use gathering_engine::{ChildSettled, Entry, EntryBody, Key, Payload, RunStarted, Settlement};
use gathering_expressions::Scope;
use serde_json::{Value, json};

use super::{
    items::Items,
    keys::{Part, Place},
};
use crate::{parts::Work, program::Program};

/// Where a run stands.
#[derive(Debug)]
pub(super) struct Fold {
    /// What expressions see; set once the run has started.
    pub(super) scope: Option<Scope>,
    pub(super) input: Payload,
    pub(super) nodes: Vec<NodeState>,
    pub(super) edges: Vec<EdgeState>,
    /// Nodes at work, by the number that they drew when they started.
    pub(super) active: BTreeMap<usize, usize>,
    /// For each group and branch how many nodes have not ended.
    pub(super) branches: Vec<Vec<usize>>,
    /// How many nodes have not ended.
    pub(super) unsettled: usize,
    /// Why the run must fail.
    pub(super) failure: Option<Failure>,
    /// Nodes to be looked at because an edge before them changed.
    pub(super) touched: VecDeque<usize>,
    /// Results that came before their node started: those that a retry took over.
    early: BTreeMap<usize, Vec<(Place, Ended)>>,
    started_nodes: usize,
}

/// Where an edge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EdgeState {
    Pending,
    Taken,
    Skipped,
}

/// Whether a node has begun and ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// An edge before it is open.
    Pending,
    /// It may start, and its branch may not yet.
    Held,
    /// It is at work, and drew this number.
    Active(usize),
    /// It has ended.
    Settled,
}

/// Where a node stands.
#[derive(Debug)]
pub(super) struct NodeState {
    pub(super) phase: Phase,
    pub(super) status: NodeStatus,
    /// The outcome's label, of nodes that have labels.
    pub(super) label: Option<String>,
    pub(super) output: Payload,
    pub(super) error: Option<Failure>,
    pub(super) attempts: u32,
    pub(super) started_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) usage: Usage,
    pub(super) children: Vec<RunId>,
    /// What its expressions see: the scope when it started.
    pub(super) scope: Option<Scope>,
    pub(super) attempt: Attempt,
    /// The items of a map, or why there are none.
    pub(super) items: Option<Result<Items, Failure>>,
}

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    /// Which attempt it is at, where its attempts are child runs.
    pub(super) number: u32,
    /// Whether that attempt waits for its turn.
    pub(super) waiting: bool,
    /// Whether a person has consented to it.
    pub(super) approved: bool,
}

/// How work ended.
#[derive(Debug, Clone)]
pub(super) enum Ended {
    Well(Payload),
    Badly {
        status: NodeStatus,
        error: Failure,
        /// Whether a child run ended so, and another may be tried.
        again: bool,
    },
}

impl Attempt {
    pub(super) const FIRST: Self = Self { number: 1, waiting: false, approved: false };
}

impl Fold {
    pub(super) fn new(program: &Program) -> Self {
        let count = program.nodes.len();
        let nothing = Payload::new(Value::Null);
        let node = || NodeState {
            phase: Phase::Pending,
            status: NodeStatus::Pending,
            label: None,
            output: Payload::clone(&nothing),
            error: None,
            attempts: 0,
            started_at: None,
            ended_at: None,
            usage: Usage::default(),
            children: Vec::new(),
            scope: None,
            attempt: Attempt::FIRST,
            items: None,
        };
        let sizes = |group: &crate::program::BranchGroup| {
            group.branches.iter().map(Vec::len).collect::<Vec<_>>()
        };
        Self {
            scope: None,
            input: Payload::clone(&nothing),
            nodes: (0..count).map(|_| node()).collect(),
            edges: vec![EdgeState::Pending; program.labels.len()],
            active: BTreeMap::new(),
            branches: program.groups.iter().map(sizes).collect(),
            unsettled: count,
            failure: None,
            touched: VecDeque::new(),
            early: BTreeMap::new(),
            started_nodes: 0,
        }
    }

    pub(super) fn apply(&mut self, program: &Program, entry: &Entry) {
        match &entry.body {
            EntryBody::RunStarted(started) => self.begin(program, started, entry.at),
            EntryBody::RunFinished(outcome) => self.close(outcome.status, entry.at),
            EntryBody::CancelRequested { .. }
            | EntryBody::LimitReached { .. }
            | EntryBody::LimitRaised(_) => {}
            body => {
                if let Some(place) = body.key().and_then(|key| Place::read(program, key)) {
                    self.apply_to(program, place, body, entry.at);
                }
            }
        }
    }

    fn begin(&mut self, program: &Program, started: &RunStarted, at: Timestamp) {
        let mut scope = Scope::new(&started.input);
        scope.set_vars(&program.vars);
        scope.set_run(&json!({
            "pipeline": program.name,
            "trigger": started.trigger,
            "started_at": at.to_rfc3339(),
            "root_id": started.origin.root.to_string(),
        }));
        scope.set_other_nodes(&json!({ "output": null, "error": null, "status": "pending" }));
        self.scope = Some(scope);
        self.input = Payload::clone(&started.input);
        self.ready(program, program.trigger, at);
        self.flow(program, at);
    }

    fn apply_to(&mut self, program: &Program, place: Place, body: &EntryBody, at: Timestamp) {
        let node = &mut self.nodes[place.node];
        match body {
            EntryBody::EffectAttempted(attempted) => {
                node.attempts = node.attempts.max(attempted.attempt);
                self.set_status(place.node, NodeStatus::Running);
            }
            EntryBody::AttemptFailed(failed) => {
                node.attempts = node.attempts.max(failed.attempt);
                node.usage += failed.usage;
                self.set_status(place.node, NodeStatus::Waiting);
            }
            EntryBody::EffectSettled(settled) => {
                node.attempts = node.attempts.max(settled.attempt);
                node.usage += settled.usage;
                let ended = match &settled.result {
                    Settlement::Output(output) => Ended::Well(Payload::clone(output)),
                    Settlement::Error(error) => {
                        let timed_out = error.code == "timeout";
                        let status =
                            if timed_out { NodeStatus::TimedOut } else { NodeStatus::Failed };
                        Ended::Badly { status, error: error.clone(), again: false }
                    }
                };
                self.ended(program, place, ended, at);
            }
            EntryBody::TimerSet { .. } | EntryBody::SignalAwaited(_) => {
                self.set_status(place.node, NodeStatus::Waiting);
            }
            EntryBody::TimerFired { .. } => self.fired(program, place, at),
            EntryBody::SignalReceived(signal) => {
                self.ended(program, place, Ended::Well(Payload::clone(&signal.payload)), at);
            }
            EntryBody::ChildStarted(child) => {
                if let Part::Work(attempt) = place.part {
                    node.attempts = node.attempts.max(attempt);
                }
                node.children.push(child.run_id);
                self.set_status(place.node, NodeStatus::Running);
            }
            EntryBody::ChildSettled(child) => {
                node.usage += child.outcome.usage;
                self.ended(program, place, ending_of(child), at);
            }
            EntryBody::EventEmitted(event) => {
                let output = json!({ "subject": event.subject });
                self.ended(program, place, Ended::Well(output.into()), at);
            }
            EntryBody::RunStarted(_)
            | EntryBody::LimitReached { .. }
            | EntryBody::LimitRaised(_)
            | EntryBody::CancelRequested { .. }
            | EntryBody::RunFinished(_) => {}
        }
        self.flow(program, at);
    }

    /// Work ended, now or in a run of which this is a retry.
    fn ended(&mut self, program: &Program, place: Place, ended: Ended, at: Timestamp) {
        match self.nodes[place.node].phase {
            Phase::Pending | Phase::Held => {
                self.early.entry(place.node).or_default().push((place, ended));
            }
            Phase::Active(_) => self.work_ended(program, place, ended, at),
            // Given up before, and late.
            Phase::Settled => {}
        }
    }

    fn fired(&mut self, program: &Program, place: Place, at: Timestamp) {
        let node = &mut self.nodes[place.node];
        match place.part {
            Part::Work(_) => {
                let output = json!({ "until": at.to_rfc3339() });
                self.ended(program, place, Ended::Well(output.into()), at);
            }
            Part::Wait(number) => {
                let attempt = match (place.item, &mut node.items) {
                    (Some(item), Some(Ok(items))) => items.attempt_mut(item),
                    (None, _) => Some(&mut node.attempt),
                    _ => None,
                };
                if let Some(attempt) = attempt.filter(|attempt| attempt.number == number) {
                    attempt.waiting = false;
                }
            }
            Part::Consent | Part::Deadline => {
                let payload = Payload::new(Value::Null);
                self.ended(program, place, Ended::Well(payload), at);
            }
        }
    }

    fn set_status(&mut self, node: usize, status: NodeStatus) {
        let node = &mut self.nodes[node];
        // Of a map, some items may wait while others work.
        let status = if node.items.is_some() { NodeStatus::Running } else { status };
        if matches!(node.phase, Phase::Active(_)) {
            node.status = status;
        }
    }

    /// Starts a node whose turn has come.
    pub(super) fn start(&mut self, program: &Program, node: usize, at: Timestamp) {
        let number = self.started_nodes;
        self.started_nodes += 1;
        self.active.insert(number, node);
        let state = &mut self.nodes[node];
        state.phase = Phase::Active(number);
        state.status = NodeStatus::Running;
        state.started_at = Some(at);
        state.scope.clone_from(&self.scope);
        match &program.nodes[node].work {
            Work::Trigger => {
                let output = Payload::clone(&self.input);
                self.settle(program, node, NodeStatus::Succeeded, None, Ended::Well(output), at);
            }
            Work::Parallel { .. } => {
                let nothing = Ended::Well(Payload::new(Value::Null));
                self.settle(program, node, NodeStatus::Succeeded, None, nothing, at);
            }
            Work::Map { over, limit, .. } => {
                let scope = state.scope.as_ref().expect("a node starts after its run");
                state.items = Some(Items::evaluate(over, scope, *limit as usize));
                self.settle_map_if_done(program, node, at);
            }
            _ => {}
        }
        for (place, ended) in self.early.remove(&node).unwrap_or_default() {
            self.ended(program, place, ended, at);
        }
    }

    /// The run has ended: what had not is stopped, what had not begun never will.
    fn close(&mut self, status: RunStatus, at: Timestamp) {
        let stopped = match status {
            RunStatus::TimedOut => NodeStatus::TimedOut,
            _ => NodeStatus::Cancelled,
        };
        for node in &mut self.nodes {
            match node.phase {
                Phase::Active(_) => {
                    node.status = stopped;
                    node.ended_at = Some(at);
                }
                Phase::Pending | Phase::Held => node.status = NodeStatus::Skipped,
                Phase::Settled => continue,
            }
            node.phase = Phase::Settled;
        }
        self.active.clear();
        self.unsettled = 0;
    }

    /// Whether a retry takes over what is settled under `key`.
    pub(super) fn carries(&self, program: &Program, key: &Key) -> bool {
        let Some(place) = Place::read(program, key) else { return false };
        let mut stack = vec![place.node];
        let mut seen = crate::graph::Set::new(self.nodes.len());
        while let Some(node) = stack.pop() {
            for edge in &program.graph.incoming[node] {
                let before = program.graph.edges[*edge].0;
                if self.nodes[before].error.is_some() {
                    return false;
                }
                if !seen.contains(before) {
                    seen.insert(before);
                    stack.push(before);
                }
            }
        }
        let node = &self.nodes[place.node];
        // Of a map that failed, the items that succeeded are kept.
        node.status == NodeStatus::Succeeded
            || place.item.is_some() && matches!(place.part, Part::Work(_))
    }
}

fn ending_of(child: &ChildSettled) -> Ended {
    let outcome = &child.outcome;
    let status = match outcome.status {
        RunStatus::Succeeded => return Ended::Well(Payload::clone(&outcome.output)),
        RunStatus::TimedOut => NodeStatus::TimedOut,
        RunStatus::Cancelled => NodeStatus::Cancelled,
        RunStatus::Queued | RunStatus::Running | RunStatus::Waiting | RunStatus::Failed => {
            NodeStatus::Failed
        }
    };
    let error = outcome.error.clone();
    let unknown = || Failure::fatal("child_failed", "the child run failed without saying why");
    Ended::Badly {
        status,
        error: error.unwrap_or_else(unknown),
        again: status != NodeStatus::Cancelled,
    }
}
