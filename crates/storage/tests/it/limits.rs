//! Random sets of limits under several instances that die: none is exceeded, and all runs end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use gathering_domain::{Actor, Duration, InstanceId, RunId, Timestamp};
use gathering_storage::{
    Append, ClaimedRun, InboxMessage, NewRun, RunChange, RunLimit, Storage, claim, mark_dead,
    register,
};
use gathering_testkit::Place;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Node, World, database, join_all, started};

/// Runs that a history has at most.
const RUNS: usize = 14;
/// Ids that a history takes at most.
const IDS: u64 = 1_000;
/// Rounds within which all must have ended, once nothing new comes.
const ROUNDS: usize = 200;
/// The keys of which runs take places: with the most, and whether a place is kept until the end.
const KEYS: [(&str, u32, bool); 6] = [
    ("agent:a", 1, false),
    ("agent:b", 2, false),
    ("pipeline:p", 2, true),
    ("project:x", 3, false),
    ("thread:t", 1, true),
    ("thread:u", 1, true),
];

#[derive(Debug, Clone)]
enum Op {
    /// A run with the keys whose bits are set.
    Create {
        keys: u8,
        priority: i64,
        deadline: Option<u64>,
    },
    Claim {
        by: usize,
        limit: u32,
    },
    ClaimAll {
        limit: u32,
    },
    Park {
        run: usize,
        wake_after: Option<u64>,
    },
    Release {
        run: usize,
    },
    Finish {
        run: usize,
    },
    Wake {
        run: usize,
    },
    Cancel {
        run: usize,
    },
    Pass {
        secs: u64,
    },
    Die {
        which: usize,
    },
}

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

fn op() -> impl Strategy<Value = Op> {
    let run = 0..RUNS;
    prop_oneof![
        5 => (0..64_u8, -1..2_i64, prop::option::weighted(0.2, 1..90_u64))
            .prop_map(|(keys, priority, deadline)| Op::Create { keys, priority, deadline }),
        5 => (0..3_usize, 1..6_u32).prop_map(|(by, limit)| Op::Claim { by, limit }),
        3 => (1..4_u32).prop_map(|limit| Op::ClaimAll { limit }),
        4 => (run.clone(), prop::option::of(0..60_u64))
            .prop_map(|(run, wake_after)| Op::Park { run, wake_after }),
        1 => run.clone().prop_map(|run| Op::Release { run }),
        3 => run.clone().prop_map(|run| Op::Finish { run }),
        2 => run.clone().prop_map(|run| Op::Wake { run }),
        1 => run.prop_map(|run| Op::Cancel { run }),
        2 => (1..30_u64).prop_map(|secs| Op::Pass { secs }),
        1 => (0..3_usize).prop_map(|which| Op::Die { which }),
    ]
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
struct Checked {
    nodes: Vec<Node>,
    order: Vec<RunId>,
    model: BTreeMap<RunId, Run>,
}

impl Checked {
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

    async fn apply(&mut self, op: Op) {
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
        register(node.database(), node.id, "again", now).await.unwrap();
        node.writer.become_instance(node.id);
        for run in self.model.values_mut().filter(|run| run.owner == Some(dead)) {
            (run.owner, run.runnable_at) = (None, Some(now));
        }
    }

    /// Everything is woken and ends as soon as it is claimed.
    async fn drain(&mut self) {
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

/// Stores as several processes open them, each with connections of its own.
async fn opened(instances: usize, place: &Place) -> Vec<Storage> {
    let mut storages = Vec::new();
    for _ in 0..instances {
        storages.push(Storage::open(database(place).await).await.unwrap());
    }
    storages
}

async fn check(storages: &[Storage], number: u64, ops: Vec<Op>) {
    storages[0]
        .database()
        .script("DELETE FROM runs; DELETE FROM inbox; DELETE FROM slots")
        .await
        .unwrap();
    let world = World::after(number * IDS);
    let mut nodes = Vec::new();
    for storage in storages {
        nodes.push(Node::without_index(storage, &world).await);
    }
    let mut checked = Checked { nodes, order: Vec::new(), model: BTreeMap::new() };
    for op in ops {
        checked.apply(op).await;
    }
    checked.drain().await;
    for node in checked.nodes {
        node.stop().await;
    }
}

async fn histories(cases: u32, instances: usize, place: Place) {
    let storages = opened(instances, &place).await;
    let runtime = tokio::runtime::Handle::current();
    let ran = tokio::task::spawn_blocking(move || {
        let number = AtomicU64::new(1);
        let config =
            Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
        TestRunner::new(config).run(&prop::collection::vec(op(), 1..80), |ops| {
            let number = number.fetch_add(1, Ordering::Relaxed);
            runtime.block_on(check(&storages, number, ops));
            Ok(())
        })
    });
    if let Err(failure) = ran.await.unwrap() {
        panic!("{failure}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_has_more_at_work_than_it_allows_and_all_end_on_sqlite() {
    // There is one instance on SQLite.
    histories(64, 1, Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_has_more_at_work_than_it_allows_and_all_end_on_postgres() {
    histories(16, 3, Place::postgres().await).await;
}

/// Keeps a claim open for a moment once it has taken a place, so that others come in between.
const SLOWLY: &str = "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql \
    AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END $$; \
    CREATE TRIGGER slowly AFTER INSERT ON slots FOR EACH ROW EXECUTE FUNCTION slowly()";

/// Whoever looks later sees a run of higher priority, and so chooses another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_choose_different_runs_of_a_key_share_its_places() {
    const ROUNDS: i64 = 20;
    let place = Place::postgres().await;
    let world = World::new();
    let mut nodes = Vec::new();
    for storage in opened(3, &place).await {
        nodes.push(Node::without_index(&storage, &world).await);
    }
    nodes[0].database().script(SLOWLY).await.unwrap();
    for round in 0..ROUNDS {
        let claims = nodes.iter().zip(0..).map(|(node, number)| async move {
            for step in 0..4 {
                let priority = round * 100 + step * 10 + number;
                node.create(NewRun { priority, ..node.world.limited("agent:x", 2) }).await;
                let claimed = claim(node.database(), node.id, 1, node.now()).await.unwrap();
                if let Some(run) = claimed.first() {
                    return Some((node, run.id));
                }
            }
            None
        });
        let claims = claims.map(Box::pin);
        let held: Vec<_> = join_all(claims).await.into_iter().flatten().collect();
        assert!(held.len() <= 2, "{} runs hold a place in round {round}", held.len());
        for (node, run) in held {
            node.finish(run, 1).await;
        }
    }
    for node in nodes {
        node.stop().await;
    }
}
