//! Endings: each way in which a model can fail to answer has a name.

use gathering_domain::Failure;
use gathering_llm::{ModelError, ModelErrorKind, Part, StopReason};
use serde_json::{Value, json};

use crate::world::{World, agent, calls, reply, text};

fn start(more: Value) -> World {
    World::start(agent(more), json!({ "task": "Go." }))
}

fn urgent() -> Value {
    json!({ "output_schema": { "type": "object", "required": ["urgent"],
                               "properties": { "urgent": { "type": "boolean" } } } })
}

#[test]
fn replies_that_are_no_answer_have_names() {
    for (answer, ended) in [
        (reply(vec![Part::text("No.")], StopReason::Refused), "model_refused"),
        (reply(vec![], StopReason::Refused), "model_refused"),
        (reply(vec![], StopReason::MaxTokens), "model_answer_cut"),
        (reply(vec![Part::text("  ")], StopReason::EndTurn), "model_empty_answer"),
        (json!({ "no": "reply" }).into(), "model_malformed_answer"),
        (json!(null).into(), "model_malformed_answer"),
    ] {
        let mut world = start(json!({}));
        world.say("turn:1/model", answer);
        assert_eq!(world.ended(), ended);
    }
}

#[test]
fn cut_answer_is_given_and_says_so() {
    let mut world = start(json!({}));
    world.say("turn:1/model", reply(vec![Part::text("Half an ans")], StopReason::MaxTokens));
    assert_eq!(world.ended(), "succeeded \"Half an ans\"");
    assert_eq!(json!(world.view().stop_reason), json!("max_output_tokens"));
}

#[test]
fn calls_that_failed_for_good_end_the_turn_with_their_own_name() {
    for (kind, attempts) in [
        (ModelErrorKind::CutStream, 4),
        (ModelErrorKind::EmptyAnswer, 4),
        (ModelErrorKind::Malformed, 4),
        (ModelErrorKind::RateLimited, 4),
        (ModelErrorKind::AuthMissing, 1),
        (ModelErrorKind::ContextTooLong, 1),
    ] {
        let mut world = start(json!({}));
        for _ in 0..attempts {
            assert!(world.outcome().is_none(), "{kind:?}");
            let failure = Failure::from(ModelError::new(kind, "scripted", "demo", "as told"));
            world.fail("turn:1/model", failure);
            world.wake();
        }
        assert_eq!(world.ended(), kind.code());
    }
}

#[test]
fn answer_that_fits_its_schema_is_the_output() {
    let mut world = start(urgent());
    world.say("turn:1/model", text("```json\n{\"urgent\": true}\n```"));
    assert_eq!(world.ended(), "succeeded {\"urgent\":true}");
}

#[test]
fn answer_that_does_not_fit_is_repaired_once() {
    let mut world = start(urgent());
    world.say("turn:1/model", text("It is urgent."));
    assert_eq!(world.keys(), ["repair/model"]);
    let read = world.read("repair/model");
    assert_eq!(read[2], "assistant: It is urgent.");
    assert!(
        read[3].starts_with("user: Your answer does not fit the JSON Schema: | it is not JSON")
    );
    world.crash();
    world.say("repair/model", text("{\"urgent\": true}"));
    assert_eq!(world.ended(), "succeeded {\"urgent\":true}");

    let mut world = start(urgent());
    world.say("turn:1/model", text("{\"urgent\": 1}"));
    assert!(world.read("repair/model")[3].contains("/urgent: "));
    world.say("repair/model", text("{}"));
    assert_eq!(world.ended(), "invalid_output");
}

#[test]
fn report_has_to_fit_the_schema_too() {
    let mut more = urgent();
    more["limits"] = json!({ "turns": 1 });
    let mut world = start(more);
    world.say("turn:1/model", calls(&[("look", json!({}))]));
    world.give("turn:1/tool:c0.0", json!(1));
    world.say("report/model", text("Sorry."));
    let read = world.read("repair/model");
    assert!(read[4].starts_with("user: Stop here") && read[5] == "assistant: Sorry.", "{read:?}");
    world.say("repair/model", text("{\"urgent\": false}"));
    assert_eq!(world.ended(), "succeeded {\"urgent\":false}");
}

#[test]
fn schema_of_the_input_stands_in_place_of_the_agents() {
    let input = json!({ "task": "Go.", "output_schema": { "type": "integer" } });
    let mut world = World::start(agent(urgent()), input);
    world.say("turn:1/model", text("42"));
    assert_eq!(world.ended(), "succeeded 42");
}

#[test]
fn cancel_ends_the_turn_with_what_was_under_way() {
    let mut world = start(json!({}));
    world.say("turn:1/model", calls(&[("look", json!({})), ("pay", json!({}))]));
    let actor = gathering_domain::Actor::LocalOwner;
    world.input(gathering_engine::Input::Cancel { actor, reason: "enough".to_owned() });
    assert_eq!(world.ended(), "cancelled");
    assert!(world.keys().is_empty() && world.waits.is_empty());
}
