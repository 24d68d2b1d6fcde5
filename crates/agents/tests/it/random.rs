//! Random worlds: whatever models, tools, people and crashes do, a turn ends by name and within its limits.

use gathering_domain::{Actor, Duration, Failure};
use gathering_engine::{Input, Payload, Resolution};
use gathering_llm::{Part, StopReason};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{World, agent, call, output, reply, text, usage};

/// The most that may happen before a turn has ended.
const MOST_EVENTS: usize = 2_000;

/// A model that does the same thing over and over.
const STUBBORN: u64 = 12;

/// Every code by which a turn may fail.
const NAMES: [&str; 16] = [
    "turn_limit",
    "tool_call_limit",
    "token_limit",
    "time_limit",
    "no_progress",
    "invalid_output",
    "model_refused",
    "model_answer_cut",
    "model_empty_answer",
    "model_malformed_answer",
    "model_stream_cut",
    "model_overloaded",
    "model_auth_refused",
    "budget_exceeded",
    "attempts_exceeded",
    "cancelled",
];

/// Draws numbers from a seed (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides
    }

    fn pick(&mut self, length: usize) -> usize {
        usize::try_from(self.roll(length as u64)).unwrap()
    }
}

fn model_result(dice: &mut Dice, habit: u64) -> Result<Payload, Failure> {
    if habit == STUBBORN {
        return Ok(reply(vec![call("c", "look", json!({}))], StopReason::ToolCalls));
    }
    let kind = if dice.roll(3) == 0 { dice.roll(12) } else { habit };
    Ok(match kind {
        0 => text("Done."),
        1 => text("{\"n\": 1}"),
        2 => reply(vec![], StopReason::EndTurn),
        3 => reply(vec![Part::text("I will not.")], StopReason::Refused),
        4 => reply(vec![Part::text("Half")], StopReason::MaxTokens),
        5 => json!({ "garbage": [1, 2] }).into(),
        6 => return Err(Failure::unknown("model_stream_cut", "cut")),
        7 => return Err(Failure::retryable("model_overloaded", "busy", None)),
        8 if dice.roll(4) == 0 => return Err(Failure::fatal("model_auth_refused", "no")),
        _ => random_calls(dice),
    })
}

fn random_calls(dice: &mut Dice) -> Payload {
    let count = 1 + dice.roll(4);
    let parts = (0..count).map(|_| {
        let id = ["c", "call_7", "a/b", "", "c"][dice.pick(5)];
        let n = dice.roll(3);
        let (tool, arguments) = match dice.roll(10) {
            0 => ("write", json!({ "n": n })),
            1 => ("send", json!({ "n": n })),
            2 => ("pay", json!({ "n": n })),
            3 => ("burn", json!({})),
            4 => ("no_such_tool", json!({})),
            5 => ("look", json!({ "n": "x" })),
            6 => ("look", json!("{\"n\":")),
            7 => ("ask_person", json!({ "question": "?", "deadline": "1h" })),
            _ => ("look", json!({ "n": n })),
        };
        call(id, tool, arguments)
    });
    reply(parts.collect(), StopReason::ToolCalls)
}

fn tool_result(dice: &mut Dice, habit: u64) -> Result<Payload, Failure> {
    if habit == STUBBORN {
        return Ok(output(json!("as before")));
    }
    match dice.roll(8) {
        0 => Err(Failure::fatal("tool_failed", "no")),
        1 => Err(Failure::retryable("busy", "busy", None)),
        2 => Err(Failure::unknown("timeout", "nobody knows")),
        3 => Ok(json!({ "not": "an output" }).into()),
        n => Ok(output(json!(n % 2))),
    }
}

fn person(dice: &mut Dice) -> Value {
    match dice.roll(6) {
        0 => json!({ "answer": "approved" }),
        1 => json!({ "answer": "approved_for_run" }),
        2 => json!({ "answer": "rejected", "note": "no" }),
        3 => json!({ "answer": "approved", "data": { "arguments": { "n": 9 } } }),
        4 => json!({ "answer": "approved", "data": { "arguments": "all" } }),
        _ => json!(["what?"]),
    }
}

/// One thing happens.
fn event(world: &mut World, dice: &mut Dice, habit: u64) {
    let choice = dice.roll(20);
    if choice == 0 {
        return world.crash();
    }
    if choice == 1 && dice.roll(20) == 0 {
        let actor = Actor::LocalOwner;
        world.input(Input::Cancel { actor, reason: String::new() });
        return;
    }
    if choice <= 3 {
        return world.pass(Duration::from_secs(dice.roll(300)));
    }
    let keys: Vec<String> = world.orders.keys().map(ToString::to_string).collect();
    if !keys.is_empty() && choice < 16 {
        let key = &keys[dice.pick(keys.len())];
        let result = if key.ends_with("/model") {
            model_result(dice, habit)
        } else {
            tool_result(dice, habit)
        };
        return world.end(key, result, usage(dice.roll(50)));
    }
    if let Some(key) = world.waits.keys().next().map(ToString::to_string) {
        return world.answer(&key, person(dice));
    }
    if let Some((key, attempt)) = world.unknown() {
        let resolution = match dice.roll(3) {
            0 => Resolution::NotDone,
            1 => Resolution::Failed("it broke".to_owned()),
            _ => Resolution::Done(json!("done by hand").into()),
        };
        world.input(Input::Resolved { key, attempt, resolution, actor: Actor::LocalOwner });
        return;
    }
    world.wake();
}

fn random_agent(dice: &mut Dice) -> Value {
    let (turns, tool_calls) = (1 + dice.roll(6), [1, 3, 30][dice.pick(3)]);
    let mut more = json!({
        "limits": { "turns": turns, "tool_calls": tool_calls },
        "on_limit": if dice.roll(2) == 0 { "report" } else { "fail" },
    });
    if dice.roll(2) == 0 {
        more["limits"]["timeout"] = json!("5m");
    }
    if dice.roll(3) == 0 {
        more["limits"]["tokens"] = json!(200);
    }
    if dice.roll(3) == 0 {
        more["output_schema"] = json!({ "type": "object", "required": ["n"] });
    }
    if dice.roll(3) == 0 {
        more["context_tokens"] = json!(1_000);
    }
    agent(more)
}

/// Plays one world to its end and checks what holds of every end.
fn play(seed: u64) -> Result<(), TestCaseError> {
    let mut dice = Dice(seed | 1);
    let habit = dice.roll(13);
    let agent = random_agent(&mut dice);
    let most = |limit: &str| usize::try_from(agent["limits"][limit].as_u64().unwrap()).unwrap();
    let (turns, tool_calls) = (most("turns"), most("tool_calls"));
    let mut world = World::start(agent, json!({ "task": "Go." }));
    let mut events = 0;
    while world.outcome().is_none() {
        prop_assert!(events < MOST_EVENTS, "seed {seed} does not end: {:?}", world.keys());
        event(&mut world, &mut dice, habit);
        events += 1;
    }
    let outcome = world.outcome().unwrap();
    match &outcome.error {
        None => prop_assert!(!outcome.output.is_null(), "seed {seed}"),
        Some(failure) => {
            prop_assert!(NAMES.contains(&failure.code.as_str()), "seed {seed}: {failure:?}");
        }
    }
    let begun = |start: &str, end: &str| {
        let keys = world.attempts.keys();
        keys.filter(|key| key.as_str().starts_with(start) && key.as_str().contains(end)).count()
    };
    prop_assert!(begun("turn:", "/model") <= turns, "seed {seed}");
    prop_assert!(begun("turn:", "/tool:") <= tool_calls, "seed {seed}");
    // The journal alone tells the same end.
    let ended = world.ended();
    world.crash();
    prop_assert_eq!(world.ended(), ended, "seed {}", seed);
    // And a retry of what failed ends as well.
    if outcome_failed(&world) {
        let mut retried = world.retry();
        let mut events = 0;
        while retried.outcome().is_none() {
            prop_assert!(events < MOST_EVENTS, "seed {seed}: its retry does not end");
            event(&mut retried, &mut dice, 0);
            events += 1;
        }
    }
    Ok(())
}

fn outcome_failed(world: &World) -> bool {
    world.outcome().is_some_and(|outcome| outcome.error.is_some())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_turn_ends_by_name_within_its_limits(seed in any::<u64>()) {
        play(seed)?;
    }
}

#[test]
fn random_worlds_reach_most_endings() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 1..500_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let habit = dice.roll(13);
        let mut world = World::start(random_agent(&mut dice), json!({ "task": "Go." }));
        for _ in 0..MOST_EVENTS {
            if world.outcome().is_some() {
                break;
            }
            event(&mut world, &mut dice, habit);
        }
        let ended = world.ended();
        seen.insert(ended.split(' ').next().unwrap().to_owned());
    }
    for name in [
        "succeeded",
        "turn_limit",
        "tool_call_limit",
        "token_limit",
        "time_limit",
        "no_progress",
        "invalid_output",
        "model_refused",
        "model_empty_answer",
        "model_malformed_answer",
        "model_stream_cut",
        "model_overloaded",
        "model_auth_refused",
        "cancelled",
    ] {
        assert!(seen.contains(name), "no world ended with {name}: {seen:?}");
    }
}
