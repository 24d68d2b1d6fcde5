//! Random histories of questions for money: the budgets hold what the journals say and what is granted.

use std::collections::BTreeMap;

use gathering_domain::{
    Cost, EffectId, EffectKind, Failure, InstanceId, MicroUsd, RunId, Timestamp, Usage,
};
use gathering_engine::{
    AttemptFailed, EffectAttempted, Entry, EntryBody, Key, Next, Outcome, RunState, Spend,
};
use gathering_storage::{
    AppendError, GrantAnswer, GrantChanges, GrantRequest, NewRun, RunChange, Storage, claim,
    find_budget, give_back, load_journal, mark_dead, open_grants, register, reserve,
};
use gathering_testkit::Place;
use proptest::prelude::*;

use crate::{
    histories::Histories,
    support::{Node, World, database},
};

const RUNS: usize = 3;
const KEYS: usize = 2;
/// Ids that a history takes at most.
const IDS: u64 = 1_000;
/// What the runs may spend: the topmost one, a child with a budget of its own, and one without.
const LIMITS: [Option<i64>; RUNS] = [Some(100), Some(60), None];

#[derive(Debug, Clone, Copy)]
enum Op {
    /// Asks for money. The answer may be lost on its way.
    Ask {
        at: (usize, usize),
        amount: i64,
        lost: bool,
    },
    /// A question of before arrives again.
    Late {
        which: usize,
    },
    /// Logs the attempt, perhaps while its question arrives once more.
    Log {
        at: (usize, usize),
        late: bool,
    },
    /// Ends an attempt.
    Settle {
        at: (usize, usize),
        percent: i64,
    },
    GiveBack {
        at: (usize, usize),
    },
    /// Gives back with an append.
    Return {
        at: (usize, usize),
    },
    Takeover,
    /// Ends a run, perhaps while a question of it arrives once more.
    End {
        run: usize,
        late: bool,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let at = (0..RUNS, 0..KEYS);
    prop_oneof![
        8 => (at.clone(), 0..50_i64, prop::bool::weighted(0.2))
            .prop_map(|(at, amount, lost)| Op::Ask { at, amount, lost }),
        2 => any::<usize>().prop_map(|which| Op::Late { which }),
        6 => (at.clone(), any::<bool>()).prop_map(|(at, late)| Op::Log { at, late }),
        5 => (at.clone(), 0..=100_i64).prop_map(|(at, percent)| Op::Settle { at, percent }),
        1 => at.clone().prop_map(|at| Op::GiveBack { at }),
        1 => at.prop_map(|at| Op::Return { at }),
        1 => Just(Op::Takeover),
        1 => (0..RUNS, any::<bool>()).prop_map(|(run, late)| Op::End { run, late }),
    ]
}

/// Grants by key and number.
type Named = Vec<(Key, i64)>;

/// What the owner of a run knows of one of its effects.
#[derive(Debug, Clone)]
enum Known {
    Granted(GrantRequest),
    Attempted { attempt: u32, reserved: MicroUsd },
}

struct Family {
    node: Node,
    instance: InstanceId,
    runs: [RunId; RUNS],
    ended: [bool; RUNS],
    entries: [u32; RUNS],
    known: BTreeMap<(usize, usize), Known>,
    asked: Vec<GrantRequest>,
}

impl Family {
    async fn new(node: Node) -> Self {
        let mut runs = Vec::new();
        for limit in LIMITS {
            let (budget, owner) = (limit.map(MicroUsd), Some(node.id));
            runs.push(node.create(NewRun { budget, owner, ..node.world.run() }).await);
        }
        Self {
            instance: node.id,
            node,
            runs: runs.try_into().unwrap(),
            ended: [false; RUNS],
            entries: [1; RUNS],
            known: BTreeMap::new(),
            asked: Vec::new(),
        }
    }

    fn budgets(&self, run: usize) -> Vec<RunId> {
        let own = (run > 0 && LIMITS[run].is_some()).then_some(self.runs[run]);
        std::iter::once(self.runs[0]).chain(own).collect()
    }

    async fn apply(&mut self, op: Op) {
        match op {
            Op::Ask { at, amount, lost } => self.ask(at, amount, lost).await,
            Op::Late { which } => {
                if !self.asked.is_empty() {
                    let late = self.asked[which % self.asked.len()].clone();
                    let answer = reserve(self.node.database(), &late).await;
                    let refused =
                        matches!(answer, Err(AppendError::Fenced | AppendError::NotOwner(_)));
                    assert!(refused || late.instance == self.instance, "{answer:?}");
                }
            }
            Op::Log { at, late } => self.log(at, late).await,
            Op::Settle { at, percent } => self.settle(at, percent).await,
            Op::GiveBack { at } => {
                if let Some(Known::Granted(request)) = self.known.get(&at) {
                    give_back(self.node.database(), request).await.unwrap();
                    self.known.remove(&at);
                }
            }
            Op::Return { at } => {
                if let Some(Known::Granted(request)) = self.known.get(&at).cloned() {
                    self.known.remove(&at);
                    let returned = vec![(request.key, request.number)];
                    self.append(at.0, Vec::new(), (vec![], returned), None).await.unwrap();
                }
            }
            Op::Takeover => self.take_over().await,
            Op::End { run, late } => self.end(run, late).await,
        }
    }

    async fn ask(&mut self, at: (usize, usize), amount: i64, lost: bool) {
        let (run, key) = at;
        if self.ended[run] || matches!(self.known.get(&at), Some(Known::Attempted { .. })) {
            return;
        }
        let request = GrantRequest {
            run_id: self.runs[run],
            key: Key::new(format!("k{key}")),
            instance: self.instance,
            number: i64::try_from(self.asked.len()).unwrap(),
            budgets: self.budgets(run).into(),
            amount: MicroUsd(amount),
        };
        self.asked.push(request.clone());
        let answer = reserve(self.node.database(), &request).await.unwrap();
        self.known.remove(&at);
        if answer == GrantAnswer::Granted && !lost {
            self.known.insert(at, Known::Granted(request));
        }
    }

    async fn log(&mut self, at: (usize, usize), late: bool) {
        let Some(Known::Granted(request)) = self.known.get(&at).cloned() else { return };
        let (attempt, reserved) = (self.entries[at.0], request.amount);
        let body = EntryBody::EffectAttempted(EffectAttempted {
            key: request.key.clone(),
            attempt,
            effect_id: EffectId::from_uuid(self.runs[at.0].uuid()),
            kind: EffectKind::Pure,
            reserved: Some(reserved),
        });
        let database = self.node.database().clone();
        let used = vec![(request.key.clone(), request.number)];
        let append = self.append(at.0, vec![body], (used, vec![]), None);
        if late {
            let (appended, answer) = tokio::join!(append, reserve(&database, &request));
            appended.unwrap();
            answer.unwrap();
        } else {
            append.await.unwrap();
        }
        self.known.insert(at, Known::Attempted { attempt, reserved });
    }

    async fn settle(&mut self, at: (usize, usize), percent: i64) {
        let Some(Known::Attempted { attempt, reserved }) = self.known.get(&at).cloned() else {
            return;
        };
        self.known.remove(&at);
        let used = MicroUsd(reserved.0 * percent / 100);
        let body = EntryBody::AttemptFailed(AttemptFailed {
            key: Key::new(format!("k{}", at.1)),
            attempt,
            error: Failure::retryable("again", "once more", None),
            next: Next::Retry { at: Timestamp::default() },
            usage: Usage { cost: Cost { known: used, unpriced_calls: 0 }, ..Usage::default() },
        });
        let spend = Spend { budgets: self.budgets(at.0).into(), delta: used - reserved };
        self.append(at.0, vec![body], (vec![], vec![]), Some(spend)).await.unwrap();
    }

    async fn append(
        &mut self,
        run: usize,
        bodies: Vec<EntryBody>,
        (used, returned): (Named, Named),
        spend: Option<Spend>,
    ) -> Result<(), AppendError> {
        let mut append = self.node.append(self.runs[run]);
        append.instance = self.instance;
        append.grants = Some(GrantChanges { budgets: self.budgets(run).into(), used, returned });
        append.spend = spend;
        for body in bodies {
            if let EntryBody::RunFinished(outcome) = &body {
                append.change = RunChange::Finished { outcome: outcome.clone() };
            }
            append.entries.push(Entry { seq: self.entries[run], at: self.node.now(), body });
            self.entries[run] += 1;
        }
        self.node.writer.append(append).await.map(drop)
    }

    /// Another instance goes on with what is in the store, and knows nothing else.
    async fn take_over(&mut self) {
        let now = self.node.now();
        mark_dead(self.node.database(), self.instance, now).await.unwrap();
        self.instance = InstanceId::next(&self.node.world.ids);
        register(self.node.database(), self.instance, &"again".into(), now).await.unwrap();
        self.node.writer.become_instance(self.instance);
        let runs = self.ended.iter().filter(|ended| !**ended).count();
        let claimed = claim(self.node.database(), self.instance, 10, now).await.unwrap();
        assert_eq!(claimed.len(), runs);
        self.known.clear();
    }

    async fn end(&mut self, run: usize, late: bool) {
        if std::mem::replace(&mut self.ended[run], true) {
            return;
        }
        self.known.retain(|at, _| at.0 != run);
        let (database, run_id) = (self.node.database().clone(), self.runs[run]);
        let again = self.asked.iter().rfind(|request| request.run_id == run_id).cloned();
        let body = EntryBody::RunFinished(Outcome::cancelled(""));
        let ending = self.append(run, vec![body], (vec![], vec![]), None);
        match again.filter(|_| late) {
            Some(again) => {
                let (ended, _) = tokio::join!(ending, reserve(&database, &again));
                ended.unwrap();
            }
            None => ending.await.unwrap(),
        }
    }

    /// What is booked on a budget is what its runs count as spent, and what they are granted.
    async fn check(&self) {
        let database = self.node.database();
        let mut sums = [0; RUNS];
        for (number, run_id) in self.runs.iter().enumerate() {
            let open = open_grants(database, *run_id).await.unwrap();
            assert!(!self.ended[number] || open == MicroUsd::ZERO, "{open} is left after the end");
            let journal = load_journal(database, *run_id).await.unwrap();
            let counted = (RunState::fold(&journal).spent() + open).0;
            for budget in self.budgets(number) {
                sums[self.runs.iter().position(|run| *run == budget).unwrap()] += counted;
            }
        }
        for (number, limit) in LIMITS.iter().enumerate() {
            let Some(limit) = limit else { continue };
            let row = find_budget(self.runs[number]).first(database).await.unwrap().unwrap();
            assert_eq!(row.spent_micro_usd, sums[number], "budget {number}");
            assert!(row.spent_micro_usd <= *limit, "{row:?}");
        }
    }
}

async fn check(storage: &Storage, number: u64, ops: Vec<Op>) {
    storage.database().script("DELETE FROM runs; DELETE FROM run_budgets").await.unwrap();
    let node = Node::without_index(storage, &World::after(number * IDS)).await;
    let mut family = Family::new(node).await;
    for op in ops {
        family.apply(op).await;
        family.check().await;
    }
    for run in 0..RUNS {
        family.end(run, false).await;
    }
    family.check().await;
    family.node.stop().await;
}

async fn histories(cases: u32, place: Place) {
    let storage = Storage::open(database(&place).await).await.unwrap();
    let histories = Histories { cases, operations: 40, shrinks: 60 };
    histories
        .check(op, move |number, ops| {
            let storage = storage.clone();
            async move { check(&storage, number, ops).await }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn budgets_hold_what_journals_and_grants_say_on_sqlite() {
    histories(32, Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn budgets_hold_what_journals_and_grants_say_on_postgres() {
    histories(24, Place::postgres().await).await;
}
