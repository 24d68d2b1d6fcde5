//! A run retried after it failed goes on from what its journal holds.

use gathering_domain::Failure;
use serde_json::json;

use crate::world::{World, agent, calls, text};

fn failed_in_turn_three() -> World {
    let mut world = World::start(agent(json!({})), json!({ "task": "Go." }));
    world.say("turn:1/model", calls(&[("send", json!({ "n": 1 })), ("look", json!({ "n": 1 }))]));
    world.give("turn:1/tool:c0.0", json!("sent"));
    world.fail("turn:1/tool:c1.1", Failure::fatal("gone", "nothing there"));
    world.say("turn:2/model", calls(&[("send", json!({ "n": 2 })), ("look", json!({ "n": 2 }))]));
    world.give("turn:2/tool:c0.0", json!("sent"));
    world.fail("turn:2/tool:c1.1", Failure::fatal("gone", "nothing there"));
    world.fail("turn:3/model", Failure::fatal("model_auth_refused", "the key is wrong"));
    assert_eq!(world.ended(), "model_auth_refused");
    world
}

#[test]
fn settled_rounds_are_kept_and_failed_calls_of_the_last_one_made_again() {
    let mut retried = failed_in_turn_three().retry();
    assert_eq!(retried.keys(), ["turn:2/tool:c1.1"]);
    retried.give("turn:2/tool:c1.1", json!("found"));
    let read = retried.read("turn:3/model");
    assert_eq!(read[3], "tool: sent | not finished: the turn went on without its result");
    assert_eq!(read[5], "tool: sent | found");
    retried.say("turn:3/model", text("Done."));
    assert_eq!(retried.ended(), "succeeded \"Done.\"");
}

#[test]
fn answer_that_was_not_accepted_is_asked_for_again() {
    let more = json!({ "output_schema": { "type": "integer" } });
    let mut world = World::start(agent(more), json!({ "task": "Go." }));
    world.say("turn:1/model", calls(&[("look", json!({}))]));
    world.give("turn:1/tool:c0.0", json!(1));
    world.say("turn:2/model", text("one"));
    world.say("repair/model", text("one!"));
    assert_eq!(world.ended(), "invalid_output");
    let mut retried = world.retry();
    assert_eq!(retried.keys(), ["turn:2/model"]);
    retried.say("turn:2/model", text("1"));
    assert_eq!(retried.ended(), "succeeded 1");
}
