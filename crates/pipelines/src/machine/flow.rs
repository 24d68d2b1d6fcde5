//! What follows from a node's end: edges, joins, branches, and the nodes that may start.

use gathering_domain::{Advice, Failure, NodeStatus, Timestamp};
use gathering_engine::Payload;
use serde_json::{Value, json};

use super::{
    answers::{Consent, badly, by_deadline, consent, decided, passed_deadline},
    fold::{Attempt, EdgeState, Ended, Fold, Phase},
    keys::{Part, Place},
};
use crate::{
    definition::{ERROR_LABEL, Join, OnDeadline, OnError, OnItemError},
    parts::{Job, Work},
    program::Program,
};

/// What a join makes of the edges before it.
enum Verdict {
    Wait,
    Start,
    Skip,
    OutOfReach,
}

impl Fold {
    /// Work of an active node ended: the node may have ended with it.
    pub(super) fn work_ended(
        &mut self,
        program: &Program,
        place: Place,
        ended: Ended,
        at: Timestamp,
    ) {
        match &program.nodes[place.node].work {
            Work::Job(job) => {
                let node = &mut self.nodes[place.node];
                let attempt = &mut node.attempt;
                let ended = match consent(place.part, ended) {
                    Consent::Given => {
                        attempt.approved = true;
                        node.status = NodeStatus::Running;
                        return;
                    }
                    Consent::Ended(ended) => ended,
                };
                if let Ended::Badly { again: true, .. } = &ended
                    && let Some(next) = next_attempt(job, place.part)
                {
                    *attempt = next;
                    self.nodes[place.node].status = NodeStatus::Waiting;
                    return;
                }
                self.end(program, place.node, None, ended, at);
            }
            Work::Map { job, on_item_error, .. } => {
                self.item_ended(program, place, ended, job, *on_item_error, at);
            }
            Work::Condition(_) | Work::Switch(_) => {
                let label = match &ended {
                    Ended::Well(output) => match output.as_ref() {
                        Value::String(label) => Some(label.clone()),
                        truth => Some(truth.to_string()),
                    },
                    Ended::Badly { .. } => None,
                };
                self.end(program, place.node, label, ended, at);
            }
            Work::Approval(question) => {
                let (label, ended) = match (place.part, ended) {
                    (Part::Deadline, _) => match question.on_deadline {
                        OnDeadline::Expire => by_deadline("expired"),
                        OnDeadline::Reject => by_deadline("rejected"),
                        OnDeadline::Approve => by_deadline("approved"),
                        OnDeadline::Fail => (None, passed_deadline()),
                    },
                    (_, Ended::Well(answer)) => decided(answer),
                    (_, badly) => (None, badly),
                };
                self.end(program, place.node, label, ended, at);
            }
            Work::Trigger
            | Work::Parallel { .. }
            | Work::Transform(_)
            | Work::Delay(_)
            | Work::EmitEvent { .. } => self.end(program, place.node, None, ended, at),
        }
    }

    fn item_ended(
        &mut self,
        program: &Program,
        place: Place,
        ended: Ended,
        job: &Job,
        on_item_error: OnItemError,
        at: Timestamp,
    ) {
        let node = &mut self.nodes[place.node];
        let Some(item) = place.item else {
            // The list itself could not be built.
            return self.end(program, place.node, None, ended, at);
        };
        let Some(Ok(items)) = &mut node.items else { return };
        let ended = match consent(place.part, ended) {
            Consent::Given => {
                if let Some(attempt) = items.attempt_mut(item) {
                    attempt.approved = true;
                }
                return;
            }
            Consent::Ended(ended) => ended,
        };
        match ended {
            Ended::Well(output) => items.settle(item, Ok(output)),
            Ended::Badly { status, error, again } => {
                if again && let Some(next) = next_attempt(job, place.part) {
                    if let Some(attempt) = items.attempt_mut(item) {
                        *attempt = next;
                    }
                    return;
                }
                if on_item_error == OnItemError::Fail {
                    let message = format!("item {item}: {}", error.message);
                    let error = Failure { message, ..error };
                    let ended = Ended::Badly { status, error, again };
                    return self.end(program, place.node, None, ended, at);
                }
                items.settle(item, Err(error));
            }
        }
        self.settle_map_if_done(program, place.node, at);
    }

    pub(super) fn settle_map_if_done(&mut self, program: &Program, node: usize, at: Timestamp) {
        if let Some(Ok(items)) = &self.nodes[node].items
            && items.is_done()
        {
            let outputs = Payload::new(items.outputs());
            self.settle(program, node, NodeStatus::Succeeded, None, Ended::Well(outputs), at);
        }
    }

    /// Ends a node with the result of its work.
    fn end(
        &mut self,
        program: &Program,
        node: usize,
        label: Option<String>,
        ended: Ended,
        at: Timestamp,
    ) {
        let status = match &ended {
            Ended::Well(_) => NodeStatus::Succeeded,
            Ended::Badly { status, .. } => *status,
        };
        self.settle(program, node, status, label, ended, at);
    }

    /// Ends a node, and decides the edges after it.
    pub(super) fn settle(
        &mut self,
        program: &Program,
        node: usize,
        status: NodeStatus,
        label: Option<String>,
        ended: Ended,
        at: Timestamp,
    ) {
        let on_error = program.nodes[node].on_error;
        let state = &mut self.nodes[node];
        let failed = match ended {
            Ended::Well(output) => {
                state.output = output;
                false
            }
            Ended::Badly { error, .. } => {
                state.error = Some(error);
                true
            }
        };
        state.label = label;
        self.close_node(program, node, status, at);
        if failed && on_error == OnError::Fail {
            self.fail(program, node);
        }
        let label = self.nodes[node].label.clone();
        for edge in &program.graph.outgoing[node] {
            let when = program.labels[*edge].as_deref();
            let taken = match (failed, on_error) {
                (false, _) => when.is_none() || when == label.as_deref(),
                (true, OnError::Continue) => when.is_none(),
                (true, OnError::Route) => when == Some(ERROR_LABEL),
                (true, OnError::Fail) => false,
            };
            self.decide_edge(program, *edge, taken);
        }
    }

    /// Ends a node that never did its work: its branch was not taken, or nobody needs it.
    fn drop_node(&mut self, program: &Program, node: usize, status: NodeStatus, at: Timestamp) {
        self.close_node(program, node, status, at);
        for edge in &program.graph.outgoing[node] {
            self.decide_edge(program, *edge, false);
        }
    }

    fn close_node(&mut self, program: &Program, node: usize, status: NodeStatus, at: Timestamp) {
        let state = &mut self.nodes[node];
        if let Phase::Active(number) = state.phase {
            self.active.remove(&number);
        }
        state.phase = Phase::Settled;
        state.status = status;
        state.ended_at = Some(at);
        state.scope = None;
        self.unsettled -= 1;
        self.publish(program, node);
        for (group, branch) in &program.nodes[node].branches {
            self.branches[*group][*branch] -= 1;
        }
    }

    /// Shows the node's result to the expressions of nodes that start from now on.
    fn publish(&mut self, program: &Program, node: usize) {
        let described = &program.nodes[node];
        if !described.is_read {
            return;
        }
        let state = &self.nodes[node];
        let error = state.error.as_ref();
        let shown = json!({
            "output": state.output,
            "error": error.map(|error| json!({ "code": error.code, "message": error.message })),
            "status": state.status,
            "label": state.label,
        });
        if let Some(scope) = &mut self.scope {
            scope.set_node(&described.id, &shown);
        }
    }

    fn fail(&mut self, program: &Program, node: usize) {
        let id = &program.nodes[node].id;
        if let Some(error) = &self.nodes[node].error {
            let message = format!("node `{id}` failed: {}", error.message);
            let failure = Failure { message, code: error.code.clone(), advice: Advice::Fail };
            self.failure.get_or_insert(failure);
        }
    }

    fn decide_edge(&mut self, program: &Program, edge: usize, taken: bool) {
        if self.edges[edge] == EdgeState::Pending {
            self.edges[edge] = if taken { EdgeState::Taken } else { EdgeState::Skipped };
            self.touched.push_back(program.graph.edges[edge].1);
        }
    }

    /// Follows all changed edges until nothing more can start or be skipped.
    pub(super) fn flow(&mut self, program: &Program, at: Timestamp) {
        loop {
            while let Some(node) = self.touched.pop_front() {
                self.look_at(program, node, at);
            }
            if program.groups.is_empty() {
                return;
            }
            let held = |node: &usize| self.nodes[*node].phase == Phase::Held;
            let mut held = (0..self.nodes.len()).filter(held);
            match held.find(|node| self.is_admitted(program, *node)) {
                Some(node) => self.start(program, node, at),
                None => return,
            }
        }
    }

    fn look_at(&mut self, program: &Program, node: usize, at: Timestamp) {
        if self.nodes[node].phase != Phase::Pending {
            return;
        }
        match self.verdict(program, node) {
            Verdict::Wait => {}
            Verdict::Skip => self.drop_node(program, node, NodeStatus::Skipped, at),
            Verdict::Start => {
                self.give_up_feeding(program, node, at);
                self.ready(program, node, at);
            }
            Verdict::OutOfReach => {
                self.give_up_feeding(program, node, at);
                self.nodes[node].started_at = Some(at);
                let message =
                    format!("join `{}` can no longer be reached", program.nodes[node].join);
                let ended = badly(NodeStatus::Failed, "join_out_of_reach", message);
                self.end(program, node, None, ended, at);
            }
        }
    }

    fn verdict(&self, program: &Program, node: usize) -> Verdict {
        let count = |state: EdgeState| {
            program.graph.incoming[node].iter().filter(|edge| self.edges[**edge] == state).count()
        };
        let (taken, pending) = (count(EdgeState::Taken), count(EdgeState::Pending));
        let needed = match program.nodes[node].join {
            Join::All if pending > 0 => return Verdict::Wait,
            Join::All | Join::Any => 1,
            Join::AtLeast(needed) => needed.get() as usize,
        };
        match (taken, pending) {
            (taken, _) if taken >= needed => Verdict::Start,
            (0, 0) => Verdict::Skip,
            // Until one edge is taken, all may yet be skipped, and then so is the node.
            (1.., pending) if taken + pending < needed => Verdict::OutOfReach,
            _ => Verdict::Wait,
        }
    }

    /// Gives up what serves only a join that no longer waits for it.
    fn give_up_feeding(&mut self, program: &Program, join: usize, at: Timestamp) {
        for node in &program.nodes[join].feeding {
            if self.nodes[*node].phase != Phase::Settled {
                self.drop_node(program, *node, NodeStatus::Cancelled, at);
            }
        }
    }

    /// A node may start as far as its edges are concerned.
    pub(super) fn ready(&mut self, program: &Program, node: usize, at: Timestamp) {
        if self.is_admitted(program, node) {
            self.start(program, node, at);
        } else {
            self.nodes[node].phase = Phase::Held;
        }
    }

    /// Whether every group to which the node belongs lets its branch work: the first branches that
    /// have not ended do, as many as the limit says.
    fn is_admitted(&self, program: &Program, node: usize) -> bool {
        program.nodes[node].branches.iter().all(|(group, branch)| {
            let earlier = self.branches[*group][..*branch].iter().filter(|left| **left > 0).count();
            earlier < program.groups[*group].limit
        })
    }
}

/// The next attempt of a job whose attempts are child runs, if there is one.
fn next_attempt(job: &Job, part: Part) -> Option<Attempt> {
    let Part::Work(number) = part else { return None };
    let policy = job.retry?;
    (number < policy.attempts).then_some(Attempt {
        number: number + 1,
        waiting: true,
        approved: false,
    })
}
