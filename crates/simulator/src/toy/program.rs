//! A toy program: a small graph of nodes, drawn from a seed.

use gathering_domain::{Duration, EffectKind, MicroUsd};
use gathering_engine::{ChildSpec, Key, Limits, Payload, RetryPolicy};
use serde_json::json;

use super::TOY;
use crate::Dice;

/// The most nodes of a program, by how large it is to be.
const MAX_NODES: [u64; 6] = [3, 3, 7, 7, 7, 14];

/// The most generations of child runs.
const MAX_DEPTH: u64 = 2;

/// A graph of nodes; each node's dependencies stand before it.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) seed: u64,
    pub(crate) depth: u64,
    pub(crate) nodes: Vec<Node>,
    /// Whether it says `Keep` for what is under way.
    pub(crate) keeps: bool,
    /// Whether it wants its last nodes first.
    pub(crate) backwards: bool,
    /// Whether it ends by itself when a limit is reached.
    pub(crate) polite: bool,
    /// What its retries take over.
    pub(crate) carries: Carries,
}

/// What the retries of a program take over of its good results.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Carries {
    /// Everything.
    #[default]
    All,
    /// Everything that it did not record itself.
    AllButRecords,
    /// What stands on good results alone, as pipelines do.
    WhatFollowsNoFailure,
}

/// One wanted thing.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) key: Key,
    /// The key of its deadline, for one that waits.
    pub(crate) deadline_key: Key,
    pub(crate) after: Vec<usize>,
    pub(crate) join: Join,
    pub(crate) op: Op,
    /// Whether the program goes on when it fails.
    pub(crate) tolerant: bool,
}

/// When a node's turn has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    /// All before it are done.
    All,
    /// One before it is done; the others are given up.
    Any,
}

/// What a node wants.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Perform { kind: EffectKind, reserve: Option<MicroUsd>, retry: RetryPolicy, timeout: Duration },
    Record { well: bool },
    Emit,
    Sleep { length: Duration },
    Await { approval: bool, deadline: Option<Duration> },
    Child { seed: u64 },
    Finish { well: bool },
}

/// A run as a client starts one.
pub(crate) fn root(dice: &mut Dice) -> ChildSpec {
    spec(dice, 0)
}

/// A run of a random program.
pub(crate) fn spec(dice: &mut Dice, depth: u64) -> ChildSpec {
    let limits = Limits {
        timeout: dice.chance(150).then(|| dice.millis(50, 60_000)),
        cost: dice.chance(350).then(|| money(dice, 20, 400)),
        attempts: dice.chance(100).then(|| 1 + dice.below(8)),
        ..Limits::default()
    };
    ChildSpec {
        machine: TOY,
        behaviour: 1,
        definition: Payload::new(json!({ "seed": dice.number() >> 1, "depth": depth })),
        input: Payload::new(json!(dice.below(100))),
        limits,
        title: String::new(),
    }
}

impl Program {
    pub(crate) fn new(seed: u64, depth: u64) -> Self {
        let mut dice = Dice::new(seed);
        let most = dice.pick(&MAX_NODES);
        let count = 1 + dice.below(most);
        let mut program = Self {
            seed,
            depth,
            nodes: Vec::new(),
            keeps: dice.chance(700),
            backwards: dice.chance(300),
            polite: dice.chance(500),
            carries: dice.pick(&[
                Carries::All,
                Carries::AllButRecords,
                Carries::WhatFollowsNoFailure,
            ]),
        };
        for place in 0..usize::try_from(count).unwrap_or(1) {
            let node = program.node(place, &mut dice);
            program.nodes.push(node);
        }
        program
    }

    fn node(&self, place: usize, dice: &mut Dice) -> Node {
        let mut after: Vec<usize> = (0..place).filter(|_| dice.chance(350)).collect();
        let mut join = Join::All;
        let feeds_one = |from: &usize| self.nodes.iter().all(|node| !node.after.contains(from));
        if after.len() > 1 && after.iter().all(feeds_one) && dice.chance(600) {
            join = Join::Any;
        } else {
            // What a race was won without must not be needed by anybody else.
            after.retain(|from| {
                self.nodes.iter().all(|node| node.join == Join::All || !node.after.contains(from))
            });
        }
        Node {
            key: Key::new(format!("n{place}")),
            deadline_key: Key::new(format!("n{place}/deadline")),
            op: self.op(dice),
            tolerant: dice.chance(500),
            after,
            join,
        }
    }

    fn op(&self, dice: &mut Dice) -> Op {
        match dice.below(100) {
            // A program that may not begin children performs more instead.
            86..97 if self.depth < MAX_DEPTH => Op::Child { seed: dice.number() >> 1 },
            0..55 | 86..97 => perform(dice),
            55..63 => Op::Record { well: dice.chance(800) },
            63..68 => Op::Emit,
            68..76 => Op::Sleep { length: short_or_long(dice) },
            76..86 => Op::Await {
                approval: dice.chance(500),
                deadline: dice.chance(500).then(|| dice.millis(1, 20_000)),
            },
            _ => Op::Finish { well: dice.chance(600) },
        }
    }
}

fn perform(dice: &mut Dice) -> Op {
    let kinds = [
        EffectKind::Pure,
        EffectKind::Idempotent,
        EffectKind::Reconcilable,
        EffectKind::Unsafe,
        EffectKind::Unsafe,
    ];
    let retry = RetryPolicy {
        attempts: 1 + u32::try_from(dice.below(4)).unwrap_or(0),
        first_delay: dice.millis(1, 400),
        factor: dice.pick(&[1.0, 2.0, 3.0]),
        max_delay: Duration::from_secs(5),
    };
    Op::Perform {
        kind: dice.pick(&kinds),
        reserve: dice.chance(400).then(|| money(dice, 1, 90)),
        retry,
        timeout: dice.millis(100, 8_000),
    }
}

fn short_or_long(dice: &mut Dice) -> Duration {
    if dice.chance(300) { dice.millis(0, 5) } else { dice.millis(5, 15_000) }
}

fn money(dice: &mut Dice, least: u64, span: u64) -> MicroUsd {
    MicroUsd(i64::try_from(least + dice.below(span)).unwrap_or(1))
}
