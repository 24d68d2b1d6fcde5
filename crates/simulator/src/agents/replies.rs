//! Replies: what a simulated model answers.

use gathering_domain::TokenUsage;
use gathering_engine::Payload;
use gathering_llm::{ModelReply, Part, StopReason, ToolCall};
use serde_json::json;

use crate::Dice;

/// The most tools that one reply calls.
const MAX_CALLS: u64 = 3;

/// An answer, calls of tools, or one of the ways in which models fail to answer.
pub(super) fn model(dice: &mut Dice) -> Payload {
    let (parts, stop_reason) = match dice.below(12) {
        0..=2 => (vec![Part::text("Done.")], StopReason::EndTurn),
        3 => (vec![Part::text("{\"n\": 1}")], StopReason::EndTurn),
        4 => (vec![], StopReason::EndTurn),
        5 => (vec![Part::text("Half")], StopReason::MaxTokens),
        _ => (calls(dice), StopReason::ToolCalls),
    };
    let reply = ModelReply {
        parts,
        usage: TokenUsage::default(),
        usage_known: true,
        stop_reason,
        provider: "scripted".to_owned(),
        model: "demo".to_owned(),
        scripted: true,
    };
    Payload::new(serde_json::to_value(reply).expect("a reply is plain data"))
}

fn calls(dice: &mut Dice) -> Vec<Part> {
    let count = 1 + dice.below(MAX_CALLS);
    let call = |_| {
        let tool = dice.pick(&["look", "write", "send", "send", "pay", "ask_person", "nothing"]);
        let arguments = match tool {
            "ask_person" => json!({ "question": "Which?", "deadline": "10s" }),
            _ => json!({ "n": dice.below(4) }),
        };
        let id = dice.pick(&["c", "call_7", "a/b"]).to_owned();
        Part::ToolCall(ToolCall { id, name: tool.to_owned(), arguments, signature: None })
    };
    (0..count).map(call).collect()
}
