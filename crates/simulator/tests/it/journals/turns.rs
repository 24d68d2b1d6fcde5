//! Recipes of agents' turns: one journal for each thing that a turn can do.

use gathering_agents::{AgentDefinition, TurnDefinition, TurnInput, TurnMachine};
use gathering_domain::{Failure, MicroUsd, TokenUsage};
use gathering_engine::{Limits, Resolution, RunStarted};
use gathering_llm::{ModelReply, Part, StopReason, ToolCall};
use serde_json::{Value, json};

use super::{Recipe, recorder::Recorder, toolbox::toolbox};

/// All of them.
pub(super) const RECIPES: &[Recipe] = &[
    ("agent_turn", "tools_side_by_side_and_one_by_one", || {
        turn(json!({ "tools": ["look", "write"] }))
            .says(
                "turn:1/model",
                calls(&[("look", 1), ("look", 2), ("write", 3), ("nothing", 4)]),
                0,
            )
            .ok("turn:1/tool:c1.1", value(2))
            .crash()
            .ok("turn:1/tool:c0.0", value(1))
            .ok("turn:1/tool:c2.2", value(3))
            .says("turn:2/model", text("Six."), 0)
            .ended("tools_side_by_side_and_one_by_one", "succeeded")
    }),
    ("agent_turn", "tool_that_is_tried_again_and_fails", || {
        turn(json!({ "tools": ["look"] }))
            .says("turn:1/model", calls(&[("look", 1)]), 0)
            .fails("turn:1/tool:c0.0", Failure::retryable("busy", "it is busy", None))
            .pass(60)
            .fails("turn:1/tool:c0.0", Failure::fatal("gone", "nothing there"))
            .says("turn:2/model", text("Nothing."), 0)
            .ended("tool_that_is_tried_again_and_fails", "succeeded")
    }),
    ("agent_turn", "consent", || {
        turn(json!({ "tools": ["pay"] }))
            .says("turn:1/model", calls(&[("pay", 1), ("pay", 2), ("pay", 3)]), 0)
            .answers("turn:1/approve:c0.0", json!({ "answer": "rejected", "note": "too dear" }))
            .crash()
            .answers(
                "turn:1/approve:c1.1",
                json!({ "answer": "approved", "data": { "arguments": { "n": 1 } } }),
            )
            .ok("turn:1/tool:c1.1", value(1))
            .answers("turn:1/approve:c2.2", json!({ "answer": "approved_for_run" }))
            .ok("turn:1/tool:c2.2", value(3))
            .says("turn:2/model", calls(&[("pay", 4)]), 0)
            .ok("turn:2/tool:c0.0", value(4))
            .says("turn:3/model", text("Paid."), 0)
            .ended("consent", "succeeded")
    }),
    ("agent_turn", "consent_that_nobody_gave", || {
        turn(json!({ "tools": ["pay"] }))
            .says("turn:1/model", calls(&[("pay", 1)]), 0)
            .pass(7 * 24 * 3600)
            .says("turn:2/model", text("Not paid."), 0)
            .ended("consent_that_nobody_gave", "succeeded")
    }),
    ("agent_turn", "question_to_a_person", || {
        let ask = json!({ "question": "Ship it?", "choices": ["yes", "no"], "deadline": "2h" });
        turn(json!({ "tools": ["ask_person"] }))
            .says(
                "turn:1/model",
                reply(vec![call(0, "ask_person", ask.clone())], StopReason::ToolCalls),
                0,
            )
            .answers("turn:1/ask:c0.0", json!({ "answer": "yes" }))
            .says("turn:2/model", reply(vec![call(0, "ask_person", ask)], StopReason::ToolCalls), 0)
            .pass(7_200)
            .says("turn:3/model", text("Shipped."), 0)
            .ended("question_to_a_person", "succeeded")
    }),
    ("agent_turn", "report_at_the_limit_of_turns", || {
        turn(json!({ "tools": ["look"], "limits": { "turns": 1 } }))
            .says("turn:1/model", calls(&[("look", 1)]), 0)
            .ok("turn:1/tool:c0.0", value(1))
            .says("report/model", text("So far: 1."), 0)
            .ended("report_at_the_limit_of_turns", "succeeded")
    }),
    ("agent_turn", "report_at_the_time_limit", || {
        turn(json!({ "tools": ["look", "pay"], "limits": { "timeout": "10m" } }))
            .says("turn:1/model", calls(&[("look", 1), ("pay", 2)]), 0)
            .pass(600)
            .says("report/model", text("Late."), 0)
            .ended("report_at_the_time_limit", "succeeded")
    }),
    ("agent_turn", "same_call_again_and_again", || {
        turn(json!({ "tools": ["look"], "on_limit": "fail" }))
            .says("turn:1/model", calls(&[("look", 1)]), 0)
            .ok("turn:1/tool:c0.0", value(1))
            .says("turn:2/model", calls(&[("look", 1)]), 0)
            .ok("turn:2/tool:c0.0", value(1))
            .says("turn:3/model", calls(&[("look", 1)]), 0)
            .ok("turn:3/tool:c0.0", value(1))
            .ended("same_call_again_and_again", "failed")
    }),
    ("agent_turn", "money_that_is_reserved_and_spent", || {
        let limits = Limits { cost: Some(MicroUsd(25_000)), ..Limits::default() };
        let paid = json!({ "tools": ["look"], "model": "paid/large" });
        limited(paid, limits, |started| started.origin.budgeted = true)
            .says("turn:1/model", calls(&[("look", 1)]), 9_000)
            .crash()
            .ok("turn:1/tool:c0.0", value(1))
            .says("turn:2/model", calls(&[("look", 2)]), 9_000)
            .ok("turn:2/tool:c0.0", value(2))
            .ended("money_that_is_reserved_and_spent", "failed")
    }),
    ("agent_turn", "summary_of_a_full_window", || {
        let long = "tea ".repeat(400);
        turn(json!({ "tools": ["look"], "context_tokens": 1_500 }))
            .says("turn:1/model", calls(&[("look", 1)]), 0)
            .ok("turn:1/tool:c0.0", json!({ "value": long }))
            .says("turn:2/model", calls(&[("look", 2)]), 0)
            .ok("turn:2/tool:c0.0", json!({ "value": long }))
            .says("turn:3/model", calls(&[("look", 3)]), 0)
            .ok("turn:3/tool:c0.0", json!({ "value": long }))
            .says("compact:1/model", text("Tea once."), 0)
            .crash()
            .says("turn:4/model", text("Tea."), 0)
            .ended("summary_of_a_full_window", "succeeded")
    }),
    ("agent_turn", "answer_that_is_repaired", || {
        let schema = json!({ "type": "object", "required": ["urgent"] });
        turn(json!({ "tools": [], "output_schema": schema }))
            .says("turn:1/model", text("It is urgent."), 0)
            .crash()
            .says("repair/model", text("{\"urgent\": true}"), 0)
            .ended("answer_that_is_repaired", "succeeded")
    }),
    ("agent_turn", "model_with_a_fallback_is_tried_again_and_cuts_its_answer", || {
        turn(json!({ "tools": [], "fallbacks": ["openai/gpt-5"] }))
            .fails("turn:1/model", Failure::retryable("model_overloaded", "it is busy", None))
            .pass(60)
            .says("turn:1/model", reply(vec![Part::text("Half an")], StopReason::MaxTokens), 0)
            .ended("model_with_a_fallback_is_tried_again_and_cuts_its_answer", "succeeded")
    }),
    ("agent_turn", "unsafe_call_of_a_dead_process", || {
        turn(json!({ "tools": ["send", "look"] }))
            .says("turn:1/model", calls(&[("send", 1), ("look", 2)]), 0)
            .crash()
            .ok("turn:1/tool:c1.1", value(2))
            .resolved("turn:1/tool:c0.0", 1, Resolution::Done(value(1).into()))
            .says("turn:2/model", text("Sent."), 0)
            .ended("unsafe_call_of_a_dead_process", "succeeded")
    }),
    ("agent_turn", "cancel", || {
        turn(json!({ "tools": ["send", "pay", "ask_person"] }))
            .says("turn:1/model", calls(&[("send", 1), ("pay", 2)]), 0)
            .cancel()
            .ended("cancel", "cancelled")
    }),
    ("agent_turn", "retry_of_a_turn_that_failed", || {
        let mut failed = turn(json!({ "tools": ["send", "look"] }));
        failed
            .says("turn:1/model", calls(&[("send", 1), ("look", 2)]), 0)
            .ok("turn:1/tool:c0.0", value(1))
            .fails("turn:1/tool:c1.1", Failure::fatal("gone", "nothing there"))
            .fails("turn:2/model", Failure::fatal("model_auth_refused", "the key is wrong"));
        failed
            .retry()
            .ok("turn:1/tool:c1.1", value(2))
            .says("turn:2/model", text("Done."), 0)
            .ended("retry_of_a_turn_that_failed", "succeeded")
    }),
];

fn turn(more: Value) -> Recorder {
    limited(more, Limits::default(), |_| {})
}

/// The turn of an agent that `more` describes, in a run with limits.
fn limited(mut more: Value, limits: Limits, change: impl FnOnce(&mut RunStarted)) -> Recorder {
    let toolbox = toolbox();
    let mut agent = json!({ "name": "recorded", "model": "scripted/demo" });
    agent.as_object_mut().unwrap().append(more.as_object_mut().unwrap());
    let agent = AgentDefinition::parse(&agent, Some(&toolbox)).unwrap();
    let definition = TurnDefinition::pin(agent, &toolbox).unwrap();
    let input = TurnInput { task: "Go.".to_owned(), ..TurnInput::default() };
    Recorder::start(TurnMachine::child(&definition, &input, limits), change)
}

fn text(text: &str) -> Value {
    reply(vec![Part::text(text)], StopReason::EndTurn)
}

/// A reply that calls tools with a number each, under the ids `c0`, `c1`, ….
fn calls(wanted: &[(&str, i64)]) -> Value {
    let parts = wanted.iter().enumerate();
    let parts = parts.map(|(at, (tool, n))| call(at, tool, json!({ "n": n })));
    reply(parts.collect(), StopReason::ToolCalls)
}

fn call(at: usize, tool: &str, arguments: Value) -> Part {
    let (id, name) = (format!("c{at}"), tool.to_owned());
    Part::ToolCall(ToolCall { id, name, arguments, signature: None })
}

fn reply(parts: Vec<Part>, stop_reason: StopReason) -> Value {
    let reply = ModelReply {
        parts,
        usage: TokenUsage::default(),
        usage_known: true,
        stop_reason,
        provider: "scripted".to_owned(),
        model: "demo".to_owned(),
        scripted: true,
    };
    serde_json::to_value(reply).unwrap()
}

fn value(n: i64) -> Value {
    json!({ "value": { "n": n } })
}
