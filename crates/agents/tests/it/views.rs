//! Views: a turn as people look at it, at any point of its journal.

use gathering_agents::{
    CallStatus::{self, AwaitingApproval, Failed, Pending, Succeeded},
    Turn,
};
use gathering_llm::Role;
use serde_json::json;

use crate::world::{World, agent, calls, text};

fn finished() -> World {
    let mut world = World::start(agent(json!({})), json!({ "task": "Go." }));
    world.say(
        "turn:1/model",
        calls(&[("look", json!({ "n": 1 })), ("pay", json!({ "n": 2 })), ("nope", json!({}))]),
    );
    world.give("turn:1/tool:c0.0", json!({ "seen": 1 }));
    world.answer("turn:1/approve:c1.1", json!({ "answer": "approved" }));
    world.give("turn:1/tool:c1.1", json!("paid"));
    world.say("turn:2/model", text("Done."));
    world
}

#[test]
fn every_prefix_of_a_journal_is_a_turn_on_its_way() {
    let world = finished();
    let mut statuses = Vec::new();
    for length in 1..=world.journal.len() {
        let view = Turn::replay(&world.journal[..length]).view().unwrap();
        let now: Vec<CallStatus> = view
            .rounds
            .first()
            .map(|round| round.calls.iter().map(|call| call.status).collect())
            .unwrap_or_default();
        if statuses.last() != Some(&now) {
            statuses.push(now);
        }
    }
    assert_eq!(
        statuses,
        [
            vec![],
            vec![Pending, Pending, Pending],
            vec![Pending, AwaitingApproval, Pending],
            vec![Pending, AwaitingApproval, Failed],
            vec![Succeeded, AwaitingApproval, Failed],
            vec![Succeeded, Pending, Failed],
            vec![Succeeded, Succeeded, Failed],
        ]
    );
    assert_eq!(Turn::replay(&[]).view(), None);
}

#[test]
fn messages_of_a_turn_are_what_its_thread_gains() {
    let world = finished();
    let messages = Turn::replay(&world.journal).messages();
    let roles: Vec<Role> = messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::Tool, Role::Assistant]);
    assert_eq!(messages[3].plain_text(), "Done.");
}

#[test]
fn view_has_usage_and_survives_json() {
    let view = finished().view();
    assert_eq!(view.rounds[0].usage.tokens.input, 10);
    assert!(view.rounds[0].scripted);
    assert_eq!(view.rounds[0].calls[1].key.as_str(), "turn:1/tool:c1.1");
    let json = serde_json::to_string(&view).unwrap();
    assert_eq!(serde_json::from_str::<gathering_agents::TurnView>(&json).unwrap(), view);
}
