//! The loop: model, tools side by side or one by one, model again, answer.

use gathering_domain::{EffectKind, Failure};
use serde_json::json;

use crate::world::{World, agent, call, calls, reply, text};

fn start() -> World {
    World::start(agent(json!({})), json!({ "task": "Go." }))
}

#[test]
fn answer_without_calls_ends_the_turn() {
    let mut world = start();
    assert_eq!(world.keys(), ["turn:1/model"]);
    world.say("turn:1/model", text("Done."));
    assert_eq!(world.ended(), "succeeded \"Done.\"");
    assert_eq!(world.outcome().unwrap().usage.tokens.input, 10);
}

#[test]
fn calls_of_one_reply_run_side_by_side_and_their_results_go_back_in_order() {
    let mut world = start();
    world.say("turn:1/model", calls(&[("look", json!({ "n": 1 })), ("look", json!({ "n": 2 }))]));
    assert_eq!(world.keys(), ["turn:1/tool:c0.0", "turn:1/tool:c1.1"]);
    world.give("turn:1/tool:c1.1", json!("two"));
    assert_eq!(world.keys(), ["turn:1/tool:c0.0"]);
    world.give("turn:1/tool:c0.0", json!("one"));
    assert_eq!(world.keys(), ["turn:2/model"]);
    assert_eq!(
        world.read("turn:2/model")[1..],
        ["user: Go.", "assistant: look({\"n\":1}) look({\"n\":2})", "tool: one | two"]
    );
    world.say("turn:2/model", text("Three."));
    assert_eq!(world.ended(), "succeeded \"Three.\"");
}

#[test]
fn tool_that_is_not_parallel_waits_for_those_before_it_and_is_waited_for() {
    let mut world = start();
    let wanted = [("look", json!({})), ("write", json!({})), ("look", json!({ "n": 1 }))];
    world.say("turn:1/model", calls(&wanted));
    assert_eq!(world.keys(), ["turn:1/tool:c0.0"]);
    world.give("turn:1/tool:c0.0", json!(0));
    assert_eq!(world.keys(), ["turn:1/tool:c1.1"]);
    world.give("turn:1/tool:c1.1", json!(1));
    assert_eq!(world.keys(), ["turn:1/tool:c2.2"]);
    world.give("turn:1/tool:c2.2", json!(2));
    assert_eq!(world.keys(), ["turn:2/model"]);
}

#[test]
fn what_a_model_gets_wrong_comes_back_to_it_as_a_result() {
    let mut world = start();
    world.say(
        "turn:1/model",
        calls(&[
            ("shell", json!({})),
            ("burn", json!({})),
            ("look", json!({ "n": "one", "m": 1 })),
            ("look", json!("{\"n\":")),
            ("ask_person", json!({ "question": "" })),
        ]),
    );
    let results = &world.read("turn:2/model")[3];
    for told in [
        "error (unknown_tool): there is no tool `shell`; the tools are: look, write, send, pay, ask_person",
        "error (unknown_tool): there is no tool `burn`",
        "error (invalid_arguments): the arguments of `look` do not fit its schema: | - /",
        " | - /m: this key is not known here (unknown_key)",
        " | - /n: the value is not of type \"integer\" (wrong_type)",
        "error (malformed_arguments): the model called `look` with arguments that are not a JSON object: EOF",
        "error (invalid_arguments): the arguments of `ask_person` do not fit its schema",
    ] {
        assert!(results.contains(told), "{told}\nin {results}");
    }
}

#[test]
fn failed_tool_is_told_to_the_model_once_retries_are_used_up() {
    let mut world = start();
    world.say("turn:1/model", calls(&[("look", json!({}))]));
    for _ in 0..3 {
        world.fail("turn:1/tool:c0.0", Failure::retryable("busy", "the target is busy", None));
        world.wake();
    }
    assert_eq!(world.read("turn:2/model")[3], "tool: error (busy): the target is busy");
}

#[test]
fn what_repeating_a_call_means_depends_on_its_arguments() {
    let mut world = start();
    let wanted = [("send", json!({ "n": 5 })), ("send", json!({ "n": -5 }))];
    world.say("turn:1/model", calls(&wanted));
    let kinds: Vec<EffectKind> = world.orders.values().map(|order| order.effect.kind).collect();
    assert_eq!(kinds, [EffectKind::Unsafe, EffectKind::Pure]);
}

#[test]
fn unsafe_call_of_a_dead_process_waits_for_a_person_and_is_never_repeated() {
    let mut world = start();
    world.say("turn:1/model", calls(&[("send", json!({})), ("look", json!({}))]));
    world.crash();
    assert_eq!(world.keys(), ["turn:1/tool:c1.1"]);
    let (key, attempt) = world.unknown().unwrap();
    assert_eq!(key.as_str(), "turn:1/tool:c0.0");
    world.give("turn:1/tool:c1.1", json!(1));
    let resolution = gathering_engine::Resolution::Done(json!({ "sent": true }).into());
    let actor = gathering_domain::Actor::LocalOwner;
    world.input(gathering_engine::Input::Resolved { key, attempt, resolution, actor });
    assert_eq!(world.read("turn:2/model")[3], "tool: {\"sent\":true} | 1");
}

#[test]
fn ids_that_repeat_or_mislead_are_told_apart() {
    let mut world = start();
    let nasty = "a/b:c.7/deadline é\n";
    let parts = vec![call(nasty, "look", json!({})), call(nasty, "look", json!({ "n": 1 }))];
    world.say("turn:1/model", reply(parts, gathering_llm::StopReason::ToolCalls));
    assert_eq!(
        world.keys(),
        ["turn:1/tool:a_b_c_7_deadline___.0", "turn:1/tool:a_b_c_7_deadline___.1"]
    );
    assert_eq!(world.tool_call("turn:1/tool:a_b_c_7_deadline___.0").call_id, nasty);
}

#[test]
fn input_that_cannot_be_read_fails_the_run() {
    for (definition, input) in [
        (json!({}), json!({ "task": "Go." })),
        (json!({ "agent": agent(json!({ "tools": [] })) }), json!({ "tusk": "Go." })),
        (json!(7), json!(null)),
    ] {
        let world = World::begin(
            definition.into(),
            input.into(),
            gathering_engine::Limits::default(),
            vec![],
        );
        assert_eq!(world.ended(), "invalid_input");
    }
}
