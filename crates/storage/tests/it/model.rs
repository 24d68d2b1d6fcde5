//! Random histories of appends, pokes, claims, parks and deaths, held against a model in memory.

use std::collections::{BTreeMap, BTreeSet};

use gathering_domain::{Actor, Duration, InstanceId, RunId, RunStatus, Timestamp};
use gathering_engine::{Key, SignalReceived};
use gathering_storage::{
    AppendError, Death, InboxMessage, NewRun, Poked, Projector, RunChange, Storage, claim,
    forget_journal_index, load, mark_dead, register,
};
use gathering_testkit::Place;
use proptest::prelude::*;

use crate::{
    histories::Histories,
    support::{Node, World, database, settled, started},
};

/// Runs that a history has at most.
const RUNS: usize = 6;
/// Ids that a history takes at most.
const IDS: u64 = 1_000;

#[derive(Debug, Clone)]
enum Op {
    Create { owned: bool, limited: bool, priority: i64 },
    Append { run: usize, entries: u32 },
    Poke { run: usize, key: u8 },
    TakeIn { run: usize },
    Park { run: usize, wake_after: Option<u64> },
    Release { run: usize },
    Finish { run: usize },
    Claim { limit: u32 },
    Pass { secs: u64 },
    Die,
    Index,
    Forget,
}

#[derive(Debug, Clone)]
struct Run {
    limited: bool,
    priority: i64,
    status: RunStatus,
    owned: bool,
    runnable_at: Option<Timestamp>,
    entries: u32,
    pokes: i64,
    pokes_seen: i64,
    inbox: BTreeSet<String>,
    recoveries: u32,
}

fn op() -> impl Strategy<Value = Op> {
    let run = 0..RUNS;
    prop_oneof![
        3 => (any::<bool>(), any::<bool>(), -1..2_i64)
            .prop_map(|(owned, limited, priority)| Op::Create { owned, limited, priority }),
        4 => (run.clone(), 1..4_u32).prop_map(|(run, entries)| Op::Append { run, entries }),
        4 => (run.clone(), 0..3_u8).prop_map(|(run, key)| Op::Poke { run, key }),
        2 => run.clone().prop_map(|run| Op::TakeIn { run }),
        3 => (run.clone(), prop::option::of(0..100_u64))
            .prop_map(|(run, wake_after)| Op::Park { run, wake_after }),
        1 => run.clone().prop_map(|run| Op::Release { run }),
        1 => run.prop_map(|run| Op::Finish { run }),
        4 => (1..4_u32).prop_map(|limit| Op::Claim { limit }),
        2 => (1..60_u64).prop_map(|secs| Op::Pass { secs }),
        1 => Just(Op::Die),
        2 => Just(Op::Index),
        1 => Just(Op::Forget),
    ]
}

/// The store beside its model.
struct Checked {
    node: Node,
    instance: InstanceId,
    order: Vec<RunId>,
    model: BTreeMap<RunId, Run>,
}

fn message(key: u8) -> InboxMessage {
    InboxMessage::Signal(SignalReceived {
        key: Key::new(format!("k{key}")),
        payload: gathering_engine::Payload::default(),
        actor: Actor::System,
    })
}

impl Checked {
    async fn apply(&mut self, op: Op) {
        match op {
            Op::Create { owned, limited, priority } => self.create(owned, limited, priority).await,
            Op::Poke { run, key } => self.poke(run, key).await,
            Op::Claim { limit } => self.claim(limit).await,
            Op::Pass { secs } => drop(self.node.world.clock.advance(Duration::from_secs(secs))),
            Op::Die => self.die().await,
            Op::Index => {
                let last = self.node.tail.last_written_row();
                crate::support::final_upto(&self.node.tail, last).await;
                Projector::new(self.node.database(), &self.node.tail).slice().await.unwrap();
            }
            Op::Forget => forget_journal_index(self.node.database()).await.unwrap(),
            Op::Append { run, entries } => self.write(run, entries, RunChange::None).await,
            Op::TakeIn { run } => self.take_in(run).await,
            Op::Release { run } => self.write(run, 0, RunChange::Released).await,
            Op::Park { run, wake_after } => {
                let now = self.node.now();
                let pokes_seen = self.run(run).map_or(0, |(_, run)| run.pokes_seen);
                let wake_at = wake_after.map(|secs| now + Duration::from_secs(secs));
                let waiting = gathering_domain::Waiting::Signal;
                self.write(run, 0, RunChange::Parked { waiting, wake_at, pokes_seen }).await;
            }
            Op::Finish { run } => {
                let outcome = gathering_engine::Outcome::cancelled("");
                self.write(run, 1, RunChange::Finished { outcome }).await;
            }
        }
    }

    fn run(&mut self, number: usize) -> Option<(RunId, &mut Run)> {
        let id = *self.order.get(number)?;
        self.model.get_mut(&id).map(|run| (id, run))
    }

    async fn create(&mut self, owned: bool, limited: bool, priority: i64) {
        if self.order.len() == RUNS {
            return;
        }
        let world = &self.node.world;
        let mut run = if limited { world.limited("key", 2) } else { world.run() };
        run.priority = priority;
        run.owner = owned.then_some(self.instance);
        let (id, now, owned) = (run.id, self.node.now(), owned && !limited);
        let mut append =
            gathering_storage::Append::create(self.instance, now, NewRun { ..run }, vec![]);
        if let RunChange::Create(run) = &append.change {
            append.entries = vec![started(run, now)];
        }
        assert_eq!(self.node.writer.append(append).await.unwrap().owned, owned);
        self.order.push(id);
        let status = if owned { RunStatus::Running } else { RunStatus::Queued };
        let runnable_at = (!owned).then_some(now);
        self.model.insert(
            id,
            Run {
                limited,
                priority,
                status,
                owned,
                runnable_at,
                entries: 1,
                pokes: 0,
                pokes_seen: 0,
                inbox: BTreeSet::new(),
                recoveries: 0,
            },
        );
    }

    /// An append of the run's owner; without ownership only a change is refused, so none is made.
    async fn write(&mut self, number: usize, entries: u32, change: RunChange) {
        let (instance, now) = (self.instance, self.node.now());
        let Some((id, run)) = self.run(number) else { return };
        let mut run = run.clone();
        let mut append = gathering_storage::Append::new(instance, id, self.node.world.project, now);
        append.change = change.clone();
        append.entries =
            (run.entries..run.entries + entries).map(|seq| settled(seq, now, "x")).collect();
        if !run.owned {
            if matches!(change, RunChange::None) {
                return;
            }
            let error = self.node.writer.append(append).await.unwrap_err();
            assert!(matches!(error, AppendError::NotOwner(_)), "{error}");
            return;
        }
        let appended = self.node.writer.append(append).await.unwrap();
        run.entries += entries;
        match change {
            RunChange::Released => {
                (run.owned, run.runnable_at, run.status) = (false, Some(now), RunStatus::Queued);
            }
            RunChange::Parked { wake_at, pokes_seen, .. } if run.pokes <= pokes_seen => {
                run.owned = false;
                run.runnable_at = wake_at;
                run.status = RunStatus::Waiting;
            }
            RunChange::Parked { .. } => assert!(appended.owned, "it has not seen its inbox"),
            RunChange::Finished { outcome } => {
                run.owned = false;
                run.runnable_at = None;
                run.status = outcome.status;
                run.inbox.clear();
            }
            RunChange::None | RunChange::Create(_) => {}
        }
        self.model.insert(id, run);
    }

    /// The owner takes what is in the inbox into the journal.
    async fn take_in(&mut self, number: usize) {
        let now = self.node.now();
        let Some((id, run)) = self.run(number).filter(|(_, run)| run.owned) else { return };
        let (seq, inbox_done) = (run.entries, std::mem::take(&mut run.inbox).into_iter().collect());
        run.entries += 1;
        run.pokes_seen = run.pokes;
        let mut append = self.node.append(id);
        append.instance = self.instance;
        append.entries = vec![settled(seq, now, "x")];
        append.inbox_done = inbox_done;
        self.node.writer.append(append).await.unwrap();
    }

    async fn poke(&mut self, number: usize, key: u8) {
        let (now, instance) = (self.node.now(), self.instance);
        let Some(id) = self.order.get(number).copied() else { return };
        let poked = self.node.writer.poke(id, &message(key), now).await.unwrap();
        let run = self.model.get_mut(&id).unwrap();
        if run.status.is_final() {
            assert_eq!(poked, Poked::Ended);
            return;
        }
        let Poked::Told(told) = poked else { panic!("a live run is told") };
        assert_eq!(told.owner, run.owned.then_some(instance));
        run.pokes += 1;
        run.inbox.insert(message(key).key());
        if !run.owned {
            run.runnable_at = Some(run.runnable_at.map_or(now, |at| at.min(now)));
        }
    }

    async fn claim(&mut self, limit: u32) {
        let now = self.node.now();
        let claimed = claim(self.node.database(), self.instance, limit, now).await.unwrap();
        let claimed: BTreeSet<RunId> = claimed.into_iter().map(|run| run.id).collect();
        let mut room = 2 - self.model.values().filter(|run| run.limited && run.owned).count();
        let mut due: Vec<_> = self
            .model
            .iter()
            .filter(|(_, run)| !run.owned && run.runnable_at.is_some_and(|at| at <= now))
            .map(|(id, run)| ((-run.priority, run.runnable_at), *id))
            .collect();
        due.sort();
        // What is due and not blocked by its limit, the best first; equals may go in any order.
        let mut best = Vec::new();
        for (rank, id) in due {
            if self.model[&id].limited {
                if room == 0 {
                    continue;
                }
                room -= 1;
            }
            best.push((rank, id));
        }
        let count = best.len().min(limit as usize);
        assert_eq!(claimed.len(), count, "{claimed:?} of {best:?}");
        for id in claimed {
            let run = self.model.get_mut(&id).unwrap();
            assert!(!run.owned && run.runnable_at.is_some_and(|at| at <= now), "{run:?}");
            (run.owned, run.runnable_at, run.status) = (true, None, RunStatus::Running);
        }
        let held = self.model.values().filter(|run| run.limited && run.owned).count();
        assert!(held <= 2, "{held} runs of one key are owned");
    }

    async fn die(&mut self) {
        let now = self.node.now();
        let freed = self.model.values().filter(|run| run.owned).count() as u64;
        let death = mark_dead(self.node.database(), self.instance, now).await.unwrap();
        assert_eq!(death, Death::Declared { freed });
        for run in self.model.values_mut().filter(|run| run.owned) {
            (run.owned, run.runnable_at, run.status) = (false, Some(now), RunStatus::Queued);
            run.recoveries += 1;
        }
        self.instance = InstanceId::next(&self.node.world.ids);
        register(self.node.database(), self.instance, &"again".into(), now).await.unwrap();
        self.node.writer.become_instance(self.instance);
    }

    async fn compare(&self) {
        for (id, run) in &self.model {
            let loaded = load(self.node.database(), *id).await.unwrap().unwrap();
            let row = &loaded.row;
            assert_eq!(
                (row.status, row.owner, row.runnable_at, row.pokes, row.recoveries),
                (
                    run.status,
                    run.owned.then_some(self.instance),
                    run.runnable_at,
                    run.pokes,
                    run.recoveries
                )
            );
            let seqs: Vec<u32> = loaded.entries.iter().map(|entry| entry.seq).collect();
            assert_eq!(seqs, (0..run.entries).collect::<Vec<_>>());
            let keys: BTreeSet<String> = loaded.inbox.into_iter().map(|row| row.key).collect();
            assert_eq!(keys, run.inbox);
        }
    }
}

async fn check(storage: &Storage, number: u64, ops: Vec<Op>) {
    storage.database().script("DELETE FROM runs; DELETE FROM inbox").await.unwrap();
    let node = Node::without_index(storage, &World::after(number * IDS)).await;
    let instance = node.id;
    let mut checked = Checked { node, instance, order: Vec::new(), model: BTreeMap::new() };
    for op in ops {
        checked.apply(op).await;
    }
    checked.compare().await;
    checked.node.stop().await;
}

/// Each history begins without runs, on a log that goes on.
async fn histories(cases: u32, place: Place) {
    let storage = Storage::open(database(&place).await).await.unwrap();
    let histories = Histories { cases, operations: 60, shrinks: 60 };
    histories
        .check(op, move |number, ops| {
            let storage = storage.clone();
            async move { check(&storage, number, ops).await }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_are_those_of_the_model_on_sqlite() {
    histories(32, Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_are_those_of_the_model_on_postgres() {
    histories(16, Place::postgres().await).await;
}
