//! Limits: the last report, the failure where that is wanted, and what makes no progress.

use gathering_domain::{Actor, Duration, Failure, MicroUsd, Usage};
use gathering_engine::{EntryBody, Input, Limits, Resolution};
use gathering_llm::ToolChoice;
use serde_json::{Value, json};

use crate::world::{World, agent, calls, text, usage};

fn start(more: Value) -> World {
    World::start(agent(more), json!({ "task": "Go." }))
}

/// One round that calls `look` with `n` and gets `result`.
fn round(world: &mut World, turn: usize, n: i64, result: Value) {
    world.say(&format!("turn:{turn}/model"), calls(&[("look", json!({ "n": n }))]));
    world.give(&format!("turn:{turn}/tool:c0.0"), result);
}

#[test]
fn limit_of_turns_gives_a_last_call_without_tools() {
    let mut world = start(json!({ "limits": { "turns": 2 } }));
    round(&mut world, 1, 1, json!(1));
    round(&mut world, 2, 2, json!(2));
    assert_eq!(world.keys(), ["report/model"]);
    let request = world.model_call("report/model").request;
    assert_eq!(request.tool_choice, ToolChoice::None);
    let wish = world.read("report/model").pop().unwrap();
    assert!(wish.starts_with("user: Stop here: the limit of 2 turns is reached."), "{wish}");
    world.say("report/model", text("So far: 2."));
    assert_eq!(world.ended(), "succeeded \"So far: 2.\"");
    assert_eq!(json!(world.view().stop_reason), json!("turn_limit"));
}

#[test]
fn report_that_calls_tools_all_the_same_is_none() {
    let mut world = start(json!({ "limits": { "turns": 1 } }));
    round(&mut world, 1, 1, json!(1));
    world.say("report/model", calls(&[("look", json!({}))]));
    assert_eq!(world.ended(), "turn_limit");
    assert!(world.keys().is_empty());
}

#[test]
fn policy_may_be_to_fail() {
    let mut world = start(json!({ "limits": { "turns": 1 }, "on_limit": "fail" }));
    round(&mut world, 1, 1, json!(1));
    assert_eq!(world.ended(), "turn_limit");
}

#[test]
fn calls_over_their_limit_are_not_made() {
    let mut world = start(json!({ "limits": { "tool_calls": 2 } }));
    let wanted = vec![("look", json!({})); 4];
    world.say("turn:1/model", calls(&wanted));
    assert_eq!(world.keys(), ["turn:1/tool:c0.0", "turn:1/tool:c1.1"]);
    world.give("turn:1/tool:c0.0", json!(1));
    world.give("turn:1/tool:c1.1", json!(1));
    let results = &world.read("report/model")[3];
    assert!(results.ends_with("not called: the limit of 2 tool calls is reached"), "{results}");
    assert_eq!(json!(world.view().stop_reason), json!("tool_call_limit"));
}

#[test]
fn tokens_are_counted_over_all_calls() {
    let mut world = start(json!({ "limits": { "tokens": 25 } }));
    for turn in 1..=3 {
        round(&mut world, turn, i64::try_from(turn).unwrap(), json!(turn));
    }
    assert_eq!(world.keys(), ["report/model"]);
    assert_eq!(json!(world.view().stop_reason), json!("token_limit"));
}

/// An agent that pays a cent at most for each call, and has so many dollars.
fn payer(dollars: f64, more: Value) -> World {
    let mut with = json!({ "model": "paid/large", "limits": { "cost": dollars } });
    with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    start(with)
}

/// A round that costs a cent.
fn paid_round(world: &mut World, turn: usize) {
    let mut used: Usage = usage(10);
    used.cost.known = MicroUsd(10_000);
    let reply = calls(&[("look", json!({ "n": turn }))]);
    world.end(&format!("turn:{turn}/model"), Ok(reply), used);
    world.give(&format!("turn:{turn}/tool:c0.0"), json!(turn));
}

#[test]
fn agents_own_money_is_never_passed_and_leaves_enough_for_the_report() {
    let mut world = payer(0.05, json!({}));
    for turn in 1..=4 {
        assert_eq!(world.keys(), [format!("turn:{turn}/model")]);
        paid_round(&mut world, turn);
    }
    // A fifth cent is left, and the report may cost it.
    assert_eq!(world.keys(), ["report/model"]);
    assert_eq!(json!(world.view().stop_reason), json!("cost_limit"));
    world.say("report/model", text("So far."));
    assert_eq!(world.ended(), "succeeded \"So far.\"");
}

#[test]
fn agent_that_fails_at_its_limit_keeps_nothing_for_a_report() {
    let mut world = payer(0.05, json!({ "on_limit": "fail" }));
    for turn in 1..=5 {
        paid_round(&mut world, turn);
    }
    assert_eq!(world.ended(), "cost_limit");
}

#[test]
fn first_call_that_costs_more_than_the_agent_has_is_not_made() {
    let world = payer(0.009, json!({}));
    assert_eq!(world.ended(), "cost_limit");
    assert!(world.attempts.is_empty());
}

#[test]
fn lost_and_repeated_calls_count_against_the_agents_own_money() {
    let mut world = payer(0.03, json!({}));
    for _ in 0..2 {
        assert_eq!(world.keys(), ["turn:1/model"]);
        world.crash();
    }
    // Three lost attempts may have cost a cent each.
    assert_eq!(world.attempts["turn:1/model"], 3);
    world.crash();
    assert_eq!(world.ended(), "cost_limit");
}

#[test]
fn answer_is_bounded_where_money_is_limited_and_only_there() {
    let bound = |world: &World| world.model_call("turn:1/model").request.max_output_tokens;
    assert_eq!(bound(&payer(1.0, json!({}))), Some(4_000));
    assert_eq!(bound(&payer(1.0, json!({ "max_output_tokens": 77 }))), Some(77));
    assert_eq!(bound(&start(json!({ "model": "paid/large" }))), None);
    // What costs nothing needs no bound.
    assert_eq!(bound(&start(json!({ "limits": { "cost": 1.0 } }))), None);
    let run = Limits { cost: Some(MicroUsd(25_000)), ..Limits::default() };
    let paid = agent(json!({ "model": "paid/large" }));
    assert_eq!(bound(&World::start_limited(paid, json!({ "task": "Go." }), run)), Some(4_000));
}

#[test]
fn model_without_a_price_is_not_asked_where_money_is_limited() {
    let odd = || agent(json!({ "model": "odd/large" }));
    let limited = Limits { cost: Some(MicroUsd(25_000)), ..Limits::default() };
    let world = World::start_limited(odd(), json!({ "task": "Go." }), limited);
    assert_eq!(world.ended(), "price_unknown");
    assert!(world.attempts.is_empty());
    let world = start(json!({ "model": "odd/large", "limits": { "cost": 1.0 } }));
    assert_eq!(world.ended(), "price_unknown");
    let world = World::start(odd(), json!({ "task": "Go." }));
    assert_eq!(world.orders["turn:1/model"].effect.reserve, None);
}

#[test]
fn time_limit_stops_what_is_under_way_and_asks_for_a_report() {
    let mut world = start(json!({ "limits": { "timeout": "10m" } }));
    world.say("turn:1/model", calls(&[("look", json!({})), ("pay", json!({}))]));
    assert_eq!((world.keys(), world.waits.len()), (vec!["turn:1/tool:c0.0"], 1));
    world.pass(Duration::from_secs(599));
    assert_eq!(world.keys(), ["turn:1/tool:c0.0"]);
    world.pass(Duration::from_secs(1));
    assert_eq!((world.keys(), world.waits.len()), (vec!["report/model"], 0));
    let results = &world.read("report/model")[3];
    assert!(results.contains("not finished"), "{results}");
    // A report takes the time that it takes.
    world.pass(Duration::from_secs(500));
    world.say("report/model", text("Late."));
    assert_eq!(world.ended(), "succeeded \"Late.\"");
    assert_eq!(json!(world.view().stop_reason), json!("time_limit"));
}

#[test]
fn time_limit_holds_over_a_crash() {
    let mut world = start(json!({ "limits": { "timeout": "10m" } }));
    world.crash();
    world.pass(Duration::from_secs(601));
    assert_eq!(world.keys(), ["report/model"]);
    world.crash();
    assert_eq!(world.keys(), ["report/model"]);
}

#[test]
fn what_a_person_settles_after_the_time_limit_does_not_change_what_the_report_reads() {
    let mut world = start(json!({ "limits": { "timeout": "10m" } }));
    world.say("turn:1/model", calls(&[("pay", json!({}))]));
    let question = world.waits.keys().next().unwrap().to_string();
    world.answer(&question, json!({ "answer": "approved" }));
    world.fail("turn:1/tool:c0.0", Failure::unknown("timeout", "nobody knows"));
    world.pass(Duration::from_secs(600));
    let asked = world.read("report/model");
    let (key, attempt) = world.unknown().unwrap();
    let resolution = Resolution::Failed("it broke".to_owned());
    world.input(Input::Resolved { key, attempt, resolution, actor: Actor::LocalOwner });
    world.crash();
    assert_eq!(world.read("report/model"), asked);
    assert_eq!(
        world.view().rounds[0].calls[0].result.as_deref(),
        Some("error (settled_as_failed): it broke")
    );
}

#[test]
fn same_call_with_same_result_three_times_stops_the_loop() {
    let mut world = start(json!({}));
    for turn in 1..=3 {
        assert_eq!(world.keys(), [format!("turn:{turn}/model")]);
        round(&mut world, turn, 1, json!("same"));
    }
    assert_eq!(world.keys(), ["report/model"]);
    assert_eq!(json!(world.view().stop_reason), json!("no_progress"));
}

#[test]
fn calls_that_are_wrong_in_the_same_way_stop_the_loop() {
    let mut world = start(json!({ "on_limit": "fail" }));
    for turn in 1..=3 {
        world.say(&format!("turn:{turn}/model"), calls(&[("shell", json!({}))]));
    }
    assert_eq!(world.ended(), "no_progress");
}

#[test]
fn alternating_pairs_stop_the_loop_and_changing_results_do_not() {
    let mut world = start(json!({}));
    for turn in 1..=6_usize {
        round(&mut world, turn, i64::from(turn % 2 == 0), json!("same"));
    }
    assert_eq!(json!(world.view().stop_reason), json!("no_progress"));

    let mut world = start(json!({}));
    for turn in 1..=12 {
        round(&mut world, turn, 1, json!(turn));
    }
    assert_eq!(world.keys(), ["turn:13/model"]);
}

#[test]
fn hard_limit_of_the_run_ends_it_by_name() {
    let limits = Limits { attempts: Some(2), ..Limits::default() };
    let mut world = World::start_limited(agent(json!({})), json!({ "task": "Go." }), limits);
    world.say("turn:1/model", calls(&[("send", json!({})), ("look", json!({}))]));
    // The model's attempt and that of `send` are all that the run may make.
    assert_eq!(world.ended(), "attempts_exceeded");
}

#[test]
fn money_is_reserved_before_each_call_and_a_spent_budget_ends_the_run_by_name() {
    let limits = Limits { cost: Some(MicroUsd(25_000)), ..Limits::default() };
    let paid = agent(json!({ "model": "paid/large" }));
    let mut world = World::start_limited(paid, json!({ "task": "Go." }), limits);
    for turn in 1..=2 {
        let key = format!("turn:{turn}/model");
        assert_eq!(world.orders[key.as_str()].effect.reserve, Some(MicroUsd(10_000)));
        let attempted = world.journal.iter().filter(|entry| {
            matches!(&entry.body, EntryBody::EffectAttempted(attempted)
                if attempted.key.as_str() == key && attempted.reserved == Some(MicroUsd(10_000)))
        });
        assert_eq!(attempted.count(), 1);
        let mut used = usage(10);
        used.cost.known = MicroUsd(9_000);
        world.end(&key, Ok(calls(&[("look", json!({ "n": turn }))])), used);
        world.give(&format!("turn:{turn}/tool:c0.0"), json!(turn));
    }
    // 18,000 are spent, and a third call could cost 10,000 more.
    assert_eq!(world.ended(), "budget_exceeded");
}
