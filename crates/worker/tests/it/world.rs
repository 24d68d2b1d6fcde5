//! The world that effects act on: it remembers every attempt, and behaves as the effect's input says.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::future::BoxFuture;
use gathering_domain::{Cost, Duration, EffectId, Failure, MicroUsd, RunId, Usage};
use gathering_engine::{EffectOrder, Key, Payload};
use gathering_testkit::CountingIds;
use gathering_worker::{Attempted, Performer, RunContext};
use serde_json::{Value, json};
use tokio::sync::watch;

/// An attempt that the world has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) run_id: RunId,
    pub(crate) key: String,
    pub(crate) attempt: u32,
    pub(crate) effect_id: EffectId,
}

/// What all instances of a test act on.
pub(crate) struct World {
    pub(crate) ids: CountingIds,
    attempts: Mutex<Vec<Seen>>,
    asked: Mutex<Vec<Seen>>,
    /// What the target says of effects when it is asked.
    pub(crate) happened: Mutex<HashMap<String, Value>>,
    gates: watch::Sender<Vec<String>>,
    /// Attempts that were dropped in the middle.
    pub(crate) dropped: AtomicUsize,
    /// Rung at each attempt.
    changed: watch::Sender<usize>,
    busy: AtomicUsize,
    busiest: AtomicUsize,
}

impl World {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            ids: CountingIds::default(),
            attempts: Mutex::default(),
            asked: Mutex::default(),
            happened: Mutex::default(),
            gates: watch::Sender::default(),
            dropped: AtomicUsize::new(0),
            changed: watch::Sender::new(0),
            busy: AtomicUsize::new(0),
            busiest: AtomicUsize::new(0),
        })
    }

    /// The attempts for a key, in any run.
    pub(crate) fn attempts(&self, key: &str) -> Vec<Seen> {
        let attempts = self.attempts.lock().unwrap();
        attempts.iter().filter(|seen| seen.key == key).cloned().collect()
    }

    pub(crate) fn all(&self) -> Vec<Seen> {
        self.attempts.lock().unwrap().clone()
    }

    /// The questions whether an attempt happened.
    pub(crate) fn asked(&self) -> Vec<Seen> {
        self.asked.lock().unwrap().clone()
    }

    /// The most attempts that were ever under way at once.
    pub(crate) fn busiest(&self) -> usize {
        self.busiest.load(Ordering::SeqCst)
    }

    /// Whether no attempt is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.busy.load(Ordering::SeqCst) == 0
    }

    /// Waits until there were so many attempts for a key.
    pub(crate) async fn attempted(&self, key: &str, times: usize) {
        let enough = async {
            self.changed.subscribe().wait_for(|_| self.attempts(key).len() >= times).await.map(drop)
        };
        crate::node::soon(&format!("attempt {times} of {key}"), enough).await.unwrap();
    }

    /// Waits until so many attempts were dropped.
    pub(crate) async fn dropped(&self, times: usize) {
        let enough = async {
            let mut changed = self.changed.subscribe();
            changed.wait_for(|_| self.dropped.load(Ordering::SeqCst) >= times).await.map(drop)
        };
        crate::node::soon("the attempt is dropped", enough).await.unwrap();
    }

    /// Lets attempts that wait at a gate pass, now and later.
    pub(crate) fn open(&self, gate: &str) {
        self.gates.send_modify(|open| open.push(gate.to_owned()));
    }

    async fn pass(&self, gate: &str) {
        let open = |gates: &Vec<String>| gates.iter().any(|open| open == gate);
        let _ = self.gates.subscribe().wait_for(open).await;
    }

    fn see(&self, order: &EffectOrder, run: &RunContext, attempts: &Mutex<Vec<Seen>>) -> Seen {
        let seen = Seen {
            run_id: run.run_id,
            key: order.effect.key.as_str().to_owned(),
            attempt: order.attempt,
            effect_id: order.effect_id,
        };
        attempts.lock().unwrap().push(seen.clone());
        self.changed.send_modify(|count| *count += 1);
        seen
    }
}

/// Performs what the tests' programs ask for.
pub(crate) struct Hands(pub(crate) Arc<World>);

/// Counts an attempt that is under way, and one that does not end.
struct UnderWay<'a> {
    world: &'a World,
    ended: bool,
}

impl<'a> UnderWay<'a> {
    fn new(world: &'a World) -> Self {
        let busy = world.busy.fetch_add(1, Ordering::SeqCst) + 1;
        world.busiest.fetch_max(busy, Ordering::SeqCst);
        Self { world, ended: false }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.world.busy.fetch_sub(1, Ordering::SeqCst);
        if !self.ended {
            self.world.dropped.fetch_add(1, Ordering::SeqCst);
            self.world.changed.send_modify(|count| *count += 1);
        }
    }
}

impl Performer for Hands {
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let world = Arc::clone(&self.0);
        Box::pin(async move {
            // Before it is seen: whoever waits for that may let others go on at once.
            let mut under_way = UnderWay::new(&world);
            let seen = world.see(&order, &run, &world.attempts);
            let result = behave(&world, &order.effect.input, &seen).await;
            under_way.ended = true;
            let mut usage = Usage::default();
            if let Some(cost) = order.effect.input["costs"].as_i64() {
                usage.cost = Cost { known: MicroUsd(cost), ..Cost::default() };
            }
            match result {
                Err(error) if error.code == "breaker_open" => {
                    let after = error.advice.asked_wait().unwrap_or(Duration::from_secs(1));
                    Attempted::Postponed { after, error }
                }
                result => Attempted::Ended { result, usage },
            }
        })
    }

    fn reconcile(
        &self,
        order: EffectOrder,
        run: Arc<RunContext>,
    ) -> BoxFuture<'static, Result<Option<Payload>, Failure>> {
        let world = Arc::clone(&self.0);
        Box::pin(async move {
            world.see(&order, &run, &world.asked);
            let happened = world.happened.lock().unwrap();
            Ok(happened.get(order.effect.key.as_str()).cloned().map(Payload::new))
        })
    }
}

async fn behave(world: &World, input: &Value, seen: &Seen) -> Result<Payload, Failure> {
    if let Some(gate) = input["gate"].as_str() {
        world.pass(gate).await;
    }
    if input["hang_at"].as_u64() == Some(u64::from(seen.attempt)) {
        std::future::pending::<()>().await;
    }
    // Counts what the target has seen, over all instances.
    let times = world.attempts(&seen.key).iter().filter(|one| one.run_id == seen.run_id).count();
    if input["hang_first"].as_u64().is_some_and(|first| times as u64 <= first) {
        std::future::pending::<()>().await;
    }
    if input["fail"].as_u64().is_some_and(|first| times as u64 <= first) {
        return Err(Failure::retryable("refused", "not now", None));
    }
    match input["then"].as_str() {
        Some("panic") => panic!("a defect of the performer"),
        Some("unknown") => Err(Failure::unknown("cut", "the connection was cut")),
        Some("fatal") => Err(Failure::fatal("wrong", "it is wrong")),
        Some("deep") => {
            let levels = input["levels"].as_u64().unwrap();
            Ok(Payload::new((0..levels).fold(json!(1), |value, _| json!([value]))))
        }
        Some("big") => Ok(Payload::new("x".repeat(17 * 1024 * 1024).into())),
        Some("postpone") if times == 1 => {
            let after = Some(Duration::from_millis(100));
            Err(Failure::retryable("breaker_open", "open", after))
        }
        _ => Ok(Payload::new(json!({ "by": seen.key, "attempt": seen.attempt }))),
    }
}

/// The key of a child run.
pub(crate) fn child_key(prefix: &str, number: usize) -> Key {
    Key::new(format!("{prefix}[{number}]"))
}
