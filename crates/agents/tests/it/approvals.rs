//! Approvals and questions: people between a model and what it wants.

use gathering_domain::{Duration, RunStatus};
use gathering_engine::AwaitRequest;
use serde_json::{Value, json};

use crate::world::{World, agent, calls, text};

const APPROVE: &str = "turn:1/approve:c0.0";
const PAY: &str = "turn:1/tool:c0.0";

fn paying() -> World {
    let mut world = World::start(agent(json!({})), json!({ "task": "Go." }));
    world.say("turn:1/model", calls(&[("pay", json!({ "n": 7 }))]));
    world
}

fn asking(question: Value) -> World {
    let mut world = World::start(agent(json!({})), json!({ "task": "Go." }));
    world.say("turn:1/model", calls(&[("ask_person", question)]));
    world
}

#[test]
fn call_that_needs_consent_waits_for_it_over_crashes() {
    let mut world = paying();
    assert!(world.keys().is_empty());
    let AwaitRequest::Approval { title, detail, options, deadline, .. } = &world.waits[APPROVE]
    else {
        panic!("not an approval")
    };
    assert_eq!(title, "tester wants to call pay");
    assert_eq!(detail["arguments"], json!({ "n": 7 }));
    assert_eq!(options, &["approved", "approved_for_run", "rejected"]);
    assert_eq!(*deadline, Some(Duration::from_secs(7 * 24 * 3600)));
    world.crash();
    assert!(world.keys().is_empty());
    world.answer(APPROVE, json!({ "answer": "approved" }));
    let input = world.tool_call(PAY);
    assert_eq!((input.arguments, input.approved), (json!({ "n": 7 }), true));
}

#[test]
fn an_agent_may_be_allowed_beforehand_what_its_tool_asks_for() {
    let tools = json!({ "tools": [{ "name": "pay", "policy": "auto" }, "look"] });
    let mut world = World::start(agent(tools), json!({ "task": "Go." }));
    let wanted = [("pay", json!({ "n": 7 })), ("look", json!({ "n": 1 }))];
    world.say("turn:1/model", calls(&wanted));
    assert!(world.tool_call(PAY).approved);
    assert!(
        !world.tool_call("turn:1/tool:c1.1").approved,
        "nobody is asked for what needs no consent"
    );
}

#[test]
fn a_call_carries_the_lists_of_hosts_of_agent_and_tool() {
    let lists = json!({ "egress": { "hosts": [] },
        "tools": [{ "name": "pay", "policy": "auto", "hosts": ["pay.example"] }, "look"] });
    let mut world = World::start(agent(lists), json!({ "task": "Go." }));
    let wanted = [("pay", json!({ "n": 7 })), ("look", json!({ "n": 1 }))];
    world.say("turn:1/model", calls(&wanted));
    let held_to = |call: &str| serde_json::to_value(world.tool_call(call).hosts).unwrap();
    let own = json!({ "of": "agent", "hosts": [] });
    let tool = json!({ "of": "tool", "hosts": ["pay.example"] });
    assert_eq!(held_to(PAY), json!([own, tool]));
    assert_eq!(held_to("turn:1/tool:c1.1"), json!([own]));
}

#[test]
fn person_may_change_the_arguments_within_the_schema() {
    let mut world = paying();
    let edited = json!({ "answer": "approved", "data": { "arguments": { "n": 3 } } });
    world.answer(APPROVE, edited);
    assert_eq!(world.tool_call(PAY).arguments, json!({ "n": 3 }));

    let mut world = paying();
    let edited = json!({ "answer": "approved", "data": { "arguments": { "n": "all" } } });
    world.answer(APPROVE, edited);
    assert!(world.read("turn:2/model")[3].contains("invalid_arguments"));
}

#[test]
fn refused_call_is_told_to_the_model_with_the_persons_note() {
    let mut world = paying();
    world.answer(APPROVE, json!({ "answer": "rejected", "note": "too dear" }));
    assert_eq!(
        world.read("turn:2/model")[3],
        "tool: error (denied): a person refused this call: too dear"
    );
    assert_eq!(json!(world.view().rounds[0].calls[0].status), json!("denied"));
}

#[test]
fn nobody_deciding_counts_as_refusal() {
    let mut world = paying();
    world.pass(Duration::from_secs(7 * 24 * 3600));
    assert!(world.waits.is_empty());
    assert_eq!(
        world.read("turn:2/model")[3],
        "tool: error (denied): nobody approved this call within 7d"
    );
}

#[test]
fn consent_for_the_run_covers_calls_that_wait_and_later_ones() {
    let mut world = World::start(agent(json!({})), json!({ "task": "Go." }));
    world.say("turn:1/model", calls(&[("pay", json!({ "n": 1 })), ("pay", json!({ "n": 2 }))]));
    assert_eq!(world.waits.len(), 2);
    world.answer("turn:1/approve:c1.1", json!({ "answer": "approved_for_run" }));
    assert_eq!(world.keys(), ["turn:1/tool:c0.0", "turn:1/tool:c1.1"]);
    assert!(world.waits.is_empty());
    // The timers of the questions go off while the calls are at work, and change nothing.
    world.pass(Duration::from_secs(8 * 24 * 3600));
    world.give("turn:1/tool:c0.0", json!(1));
    world.give("turn:1/tool:c1.1", json!(2));
    assert_eq!(world.read("turn:2/model")[3], "tool: 1 | 2");
    world.say("turn:2/model", calls(&[("pay", json!({ "n": 3 }))]));
    assert_eq!(world.keys(), ["turn:2/tool:c0.0"]);
}

#[test]
fn question_to_a_person_blocks_nothing_and_its_answer_goes_to_the_model() {
    let mut world = asking(json!({ "question": "Ship it?", "choices": ["yes", "no"] }));
    let AwaitRequest::Approval { title, options, .. } = &world.waits["turn:1/ask:c0.0"] else {
        panic!("not an approval")
    };
    assert_eq!(
        (title.as_str(), options.as_slice()),
        ("Ship it?", &["yes".to_owned(), "no".to_owned()][..])
    );
    assert_eq!(json!(world.view().rounds[0].calls[0].status), json!("awaiting_answer"));
    world.crash();
    world.answer("turn:1/ask:c0.0", json!({ "answer": "yes" }));
    assert_eq!(world.read("turn:2/model")[3], "tool: yes");
    world.say("turn:2/model", text("Shipped."));
    assert_eq!(world.outcome().unwrap().status, RunStatus::Succeeded);
}

#[test]
fn question_that_nobody_answers_expires() {
    let mut world = asking(json!({ "question": "Ship it?", "deadline": "2h" }));
    world.pass(Duration::from_secs(7_200));
    assert!(world.waits.is_empty());
    assert_eq!(
        world.read("turn:2/model")[3],
        "tool: error (expired): nobody answered within 2h; go on without the answer"
    );
    let mut world = asking(json!({ "question": "Ship it?", "deadline": "9999d" }));
    world.pass(Duration::from_secs(30 * 24 * 3600));
    assert_eq!(world.keys(), ["turn:2/model"]);
}

#[test]
fn deadline_that_is_none_is_the_models_mistake() {
    let world = asking(json!({ "question": "Ship it?", "deadline": "soon" }));
    assert!(world.read("turn:2/model")[3].contains("error (invalid_arguments)"));
}
