//! The store beside its model: who must hold a place, who may be claimed, and who was passed over.

use std::collections::{BTreeMap, BTreeSet};

use gathering_domain::{Actor, Duration, InstanceId, RunId, Timestamp};
use gathering_storage::{
    Append, ClaimedRun, InboxMessage, NewRun, RunChange, RunLimit, claim, mark_dead, register,
};

use super::{KEYS, Op, RUNS};
use crate::support::{Node, join_all, started};

/// Rounds within which all must have ended, once nothing new comes.
const ROUNDS: usize = 200;

#[derive(Debug, Clone)]
struct Run {
    keys: u8,
    priority: i64,
    deadline: Option<Timestamp>,
    owner: Option<InstanceId>,
    runnable_at: Option<Timestamp>,
    /// Whether it was claimed before.
    begun: bool,
    /// Whether it holds the places that it keeps until its end.
    keeps: bool,
    /// Whether it was claimed only to end, the last time, and so without a place.
    excused: bool,
    /// Whether it had places before that; nobody may have had a reason to look after them since.
    may_hold: bool,
    cancelled: bool,
    finished: bool,
}

fn limits(keys: u8) -> Vec<RunLimit> {
    let set = KEYS.iter().enumerate().filter(|(bit, _)| keys & (1 << bit) != 0);
    set.map(|(_, (key, max, until_end))| RunLimit {
        key: (*key).to_owned(),
        max: *max,
        until_end: *until_end,
    })
    .collect()
}

impl Run {
    /// Whether it counts against the limit of a key.
    fn holds(&self, key: usize) -> bool {
        let until_end = KEYS[key].2;
        self.keys & (1 << key) != 0
            && !self.finished
            && if until_end { self.keeps } else { self.owner.is_some() && !self.excused }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let due = self.runnable_at.is_some_and(|at| at <= now) || self.is_overdue(now);
        !self.finished && self.owner.is_none() && due
    }

    /// Whether it has a lane: some place of which it must find anew.
    fn has_lane(&self) -> bool {
        let again =
            (0..KEYS.len()).any(|key| self.keys & (1 << key) != 0 && !(KEYS[key].2 && self.begun));
        again && !self.cancelled
    }

    fn is_overdue(&self, now: Timestamp) -> bool {
        self.has_lane() && self.deadline.is_some_and(|at| at <= now)
    }
}

/// The store beside its model.
pub(super) struct Checked {
    nodes: Vec<Node>,
    order: Vec<RunId>,
    model: BTreeMap<RunId, Run>,
}

impl Checked {
    pub(super) const fn new(nodes: Vec<Node>) -> Self {
        Self { nodes, order: Vec::new(), model: BTreeMap::new() }
    }

    pub(super) async fn stop(self) {
        for node in self.nodes {
            node.stop().await;
        }
    }

    fn now(&self) -> Timestamp {
        self.nodes[0].now()
    }

    fn held(&self, key: usize) -> usize {
        self.model.values().filter(|run| run.holds(key)).count()
    }

    /// Whether a key may be full.
    fn is_full(&self, key: usize) -> bool {
        let stale = self.model.values().filter(|run| {
            run.may_hold && run.owner.is_some() && run.keys & (1 << key) != 0 && !run.holds(key)
        });
        self.held(key) + stale.count() >= KEYS[key].1 as usize
    }

    /// Whether a due run surely finds all its places now.
    fn finds_room(&self, run: &Run) -> bool {
        let now = self.now();
        let mut needed = (0..KEYS.len())
            .filter(|key| run.keys & (1 << key) != 0 && !(KEYS[*key].2 && run.begun));
        !run.has_lane() || run.is_overdue(now) || needed.all(|key| !self.is_full(key))
    }

    pub(super) async fn apply(&mut self, op: Op) {
        match op {
            Op::Create { keys, priority, deadline } => self.create(keys, priority, deadline).await,
            Op::Claim { by, limit } => self.claim(by, limit).await,
            Op::ClaimAll { limit } => self.claim_all(limit).await,
            Op::Park { run, wake_after } => {
                let wake_at = wake_after.map(|secs| self.now() + Duration::from_secs(secs));
                let waiting = gathering_domain::Waiting::Signal;
                // As if it had seen all that it was told.
                let change = RunChange::Parked { waiting, wake_at, pokes_seen: i64::MAX };
                self.let_go(run, change, wake_at).await;
            }
            Op::Release { run } => {
                let now = self.now();
                self.let_go(run, RunChange::Released, Some(now)).await;
            }
            Op::Finish { run } => {
                if let Some(id) = self.order.get(run).copied() {
                    self.finish(id).await;
                }
            }
            Op::Wake { run } => self.tell(run, false).await,
            Op::Cancel { run } => self.tell(run, true).await,
            Op::Pass { secs } => drop(self.nodes[0].world.clock.advance(Duration::from_secs(secs))),
            Op::Die { which } => self.die(which).await,
        }
        for (key, (name, max, _)) in KEYS.iter().enumerate() {
            let held = self.held(key);
            assert!(held <= *max as usize, "{held} runs hold a place of {name}: {:?}", self.model);
        }
    }

    async fn create(&mut self, keys: u8, priority: i64, deadline: Option<u64>) {
        if self.order.len() == RUNS {
            return;
        }
        let (node, now) = (&self.nodes[0], self.now());
        let deadline = deadline.map(|secs| now + Duration::from_secs(secs));
        let run = NewRun { priority, limits: limits(keys), deadline, ..node.world.run() };
        let id = run.id;
        let entries = vec![started(&run, now)];
        node.writer.append(Append::create(node.id, now, run, entries)).await.unwrap();
        self.order.push(id);
        let run = Run {
            keys,
            priority,
            deadline,
            owner: None,
            runnable_at: Some(now),
            begun: false,
            keeps: false,
            excused: false,
            may_hold: false,
            cancelled: false,
            finished: false,
        };
        self.model.insert(id, run);
    }

    async fn claim(&mut self, by: usize, limit: u32) {
        let now = self.now();
        let node = &self.nodes[by % self.nodes.len()];
        let (before, instance) = (self.model.clone(), node.id);
        let claimed = claim(node.database(), instance, limit, now).await.unwrap();
        let ids: BTreeSet<RunId> = claimed.iter().map(|run| run.id).collect();
        assert_eq!(ids.len(), claimed.len());
        self.took(instance, &claimed);
        // Of two with the same limits that wait in the same way, the one of higher priority goes first.
        let waits = |run: &Run| (run.keys, run.begun, run.has_lane() && !run.is_overdue(now));
        for id in &ids {
            let taken = &before[id];
            let passed_over = before.iter().find(|(other, run)| {
                let same = run.is_due(now) && waits(run) == waits(taken);
                same && run.priority > taken.priority && !ids.contains(other)
            });
            assert!(passed_over.is_none(), "{taken:?} was taken before {passed_over:?}");
        }
        if claimed.len() < limit as usize {
            let forgotten = self.model.values().find(|run| run.is_due(now) && self.finds_room(run));
            assert!(forgotten.is_none(), "there is room for {forgotten:?} of {:?}", self.model);
        }
    }

    async fn claim_all(&mut self, limit: u32) {
        let now = self.now();
        let claims = self.nodes.iter().map(|node| async move {
            (node.id, claim(node.database(), node.id, limit, now).await.unwrap())
        });
        for (instance, claimed) in join_all(claims).await {
            self.took(instance, &claimed);
        }
    }

    fn took(&mut self, instance: InstanceId, claimed: &[ClaimedRun]) {
        let now = self.now();
        for ClaimedRun { id, .. } in claimed {
            let run = self.model.get_mut(id).unwrap();
            assert!(run.is_due(now), "{run:?}");
            run.excused = run.cancelled || run.is_overdue(now);
            run.may_hold = run.excused && run.begun;
            run.keeps |= !run.begun && !run.excused;
            (run.owner, run.runnable_at, run.begun) = (Some(instance), None, true);
            // An overdue run looks for no place any more.
            run.cancelled |= run.excused;
        }
    }

    fn owner(&self, id: RunId) -> Option<&Node> {
        let owner = self.model[&id].owner?;
        self.nodes.iter().find(|node| node.id == owner)
    }

    async fn let_go(&mut self, number: usize, change: RunChange, wake_at: Option<Timestamp>) {
        let Some(id) = self.order.get(number).copied() else { return };
        let Some(node) = self.owner(id) else { return };
        let mut append = node.append(id);
        append.change = change;
        node.writer.append(append).await.unwrap();
        let run = self.model.get_mut(&id).unwrap();
        (run.owner, run.runnable_at) = (None, wake_at);
    }

    async fn finish(&mut self, id: RunId) {
        let Some(node) = self.owner(id) else { return };
        let mut append = node.append(id);
        append.change = RunChange::Finished { outcome: gathering_engine::Outcome::cancelled("") };
        node.writer.append(append).await.unwrap();
        let run = self.model.get_mut(&id).unwrap();
        (run.owner, run.finished) = (None, true);
    }

    async fn tell(&mut self, number: usize, cancel: bool) {
        let Some(id) = self.order.get(number).copied() else { return };
        let now = self.now();
        let message = if cancel {
            InboxMessage::Cancel { actor: Actor::System, reason: String::new() }
        } else {
            InboxMessage::Signal(gathering_engine::SignalReceived {
                key: gathering_engine::Key::new("k"),
                payload: gathering_engine::Payload::default(),
                actor: Actor::System,
            })
        };
        self.nodes[0].writer.poke(id, &message, now).await.unwrap();
        let run = self.model.get_mut(&id).unwrap();
        if !run.finished {
            run.cancelled |= cancel;
            if run.owner.is_none() {
                run.runnable_at = Some(run.runnable_at.map_or(now, |at| at.min(now)));
            }
        }
    }

    async fn die(&mut self, which: usize) {
        let now = self.now();
        let which = which % self.nodes.len();
        let node = &mut self.nodes[which];
        let dead = node.id;
        mark_dead(node.database(), dead, now).await.unwrap();
        node.id = InstanceId::next(&node.world.ids);
        register(node.database(), node.id, &"again".into(), now).await.unwrap();
        node.writer.become_instance(node.id);
        for run in self.model.values_mut().filter(|run| run.owner == Some(dead)) {
            (run.owner, run.runnable_at) = (None, Some(now));
        }
    }

    /// Everything is woken and ends as soon as it is claimed.
    pub(super) async fn drain(&mut self) {
        for number in 0..self.order.len() {
            self.tell(number, false).await;
        }
        for round in 0..ROUNDS {
            for id in self.order.clone() {
                self.finish(id).await;
            }
            if self.model.values().all(|run| run.finished) {
                return;
            }
            self.apply(Op::Claim { by: round, limit: 3 }).await;
        }
        panic!("some runs never end: {:?}", self.model);
    }
}
