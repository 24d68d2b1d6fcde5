//! Tests of folding: whole answers, overlapping calls, and everything that is not an answer.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn fold(events: impl IntoIterator<Item = ModelEvent>) -> Result<ModelReply, ModelError> {
    let mut assembler = Assembler::new("p", "m", false);
    for event in events {
        assembler.push(event)?;
    }
    assembler.finish()
}

fn text(text: &str) -> ModelEvent {
    ModelEvent::TextDelta { text: text.into() }
}

fn begin(index: u32, id: &str) -> ModelEvent {
    ModelEvent::ToolCallBegin { index, id: id.into(), name: "look".into() }
}

fn arguments(index: u32, text: &str) -> ModelEvent {
    ModelEvent::ToolCallDelta { index, text: text.into() }
}

fn end(index: u32) -> ModelEvent {
    ModelEvent::ToolCallEnd { index, signature: None }
}

fn done(stop_reason: StopReason) -> ModelEvent {
    ModelEvent::Done { stop_reason }
}

#[test]
fn overlapping_calls_are_told_apart_by_index() {
    let usage = TokenUsage { input: 5, output: 7, ..TokenUsage::default() };
    let reply = fold([
        ModelEvent::Usage { usage: TokenUsage { input: 5, output: 1, ..TokenUsage::default() } },
        ModelEvent::ReasoningDelta { text: "let me ".into() },
        ModelEvent::ReasoningDelta { text: "see".into() },
        ModelEvent::ReasoningEnd { signature: Some("seal".into()), redacted: None },
        text("I will "),
        text("look."),
        begin(0, "a"),
        begin(1, "b"),
        arguments(1, r#"{"y":"#),
        arguments(0, r#"{"x":1}"#),
        arguments(1, "2}"),
        end(1),
        ModelEvent::ToolCallEnd { index: 0, signature: Some("t".into()) },
        ModelEvent::Usage { usage },
        done(StopReason::ToolCalls),
    ])
    .unwrap();
    let calls: Vec<_> = reply.tool_calls().map(|c| (c.id.as_str(), c.arguments.clone())).collect();
    assert_eq!(calls, [("a", json!({"x": 1})), ("b", json!({"y": 2}))]);
    assert_eq!(reply.tool_calls().next().unwrap().signature.as_deref(), Some("t"));
    assert_eq!(reply.text(), "I will look.");
    assert_eq!((reply.usage, reply.usage_known), (usage, true));
    let Part::Reasoning(reasoning) = &reply.parts[0] else { panic!("{:?}", reply.parts) };
    assert_eq!(
        (reasoning.text.as_str(), reasoning.signature.as_deref()),
        ("let me see", Some("seal"))
    );
    assert!(reply.malformed_calls().is_empty());
}

#[test]
fn malformed_arguments_are_a_named_part_of_the_answer() {
    let reply =
        fold([begin(0, "a"), arguments(0, r#"{"x":"#), end(0), done(StopReason::ToolCalls)]);
    let reply = reply.unwrap();
    let faults = reply.malformed_calls();
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].0.as_str(), faults[0].1.tool.as_str()), ("a", "look"));
}

#[test]
fn what_is_not_a_whole_answer_has_a_name() {
    let seal = || ModelEvent::ReasoningEnd { signature: Some("s".into()), redacted: None };
    let no_name = ModelEvent::ToolCallBegin { index: 0, id: "a".into(), name: String::new() };
    for (case, events, kind) in [
        ("nothing at all", vec![], ModelErrorKind::CutStream),
        ("cut in text", vec![text("half an ans")], ModelErrorKind::CutStream),
        ("cut in a call", vec![begin(0, "a"), arguments(0, "{")], ModelErrorKind::CutStream),
        ("an end only", vec![done(StopReason::EndTurn)], ModelErrorKind::EmptyAnswer),
        ("blanks only", vec![text(" \n"), done(StopReason::EndTurn)], ModelErrorKind::EmptyAnswer),
        ("a thought only", vec![seal(), done(StopReason::EndTurn)], ModelErrorKind::EmptyAnswer),
        ("calls without a call", vec![done(StopReason::ToolCalls)], ModelErrorKind::EmptyAnswer),
        ("arguments of no call", vec![arguments(0, "{}")], ModelErrorKind::Malformed),
        ("end of no call", vec![end(3)], ModelErrorKind::Malformed),
        ("a call twice", vec![begin(0, "a"), begin(0, "b")], ModelErrorKind::Malformed),
        ("an id twice", vec![begin(0, "a"), begin(1, "a")], ModelErrorKind::Malformed),
        ("a nameless tool", vec![no_name], ModelErrorKind::Malformed),
        (
            "arguments after the call's end",
            vec![begin(0, "a"), end(0), arguments(0, "{}")],
            ModelErrorKind::Malformed,
        ),
        (
            "text after the end",
            vec![text("a"), done(StopReason::EndTurn), text("b")],
            ModelErrorKind::Malformed,
        ),
    ] {
        assert_eq!(fold(events).unwrap_err().kind, kind, "{case}");
    }
}

#[test]
fn a_cut_or_refused_answer_may_be_empty() {
    for reason in [StopReason::MaxTokens, StopReason::Refused, StopReason::StopText] {
        let reply = fold([done(reason)]).unwrap();
        assert!(reply.is_empty() && !reply.usage_known, "{reason:?}");
    }
}

#[test]
fn answers_are_bounded() {
    let piece = "x".repeat(1024 * 1024);
    let endless = std::iter::repeat_with(|| text(&piece));
    assert_eq!(fold(endless.take(9)).unwrap_err().kind, ModelErrorKind::TooLarge);

    let calls = (0..).map(|n| begin(n, &format!("c{n}")));
    assert_eq!(fold(calls.take(129)).unwrap_err().kind, ModelErrorKind::TooLarge);

    let mut switching =
        [text("a"), ModelEvent::ReasoningDelta { text: "b".into() }].into_iter().cycle();
    let many = std::iter::from_fn(|| switching.next());
    assert_eq!(fold(many.take(5_000)).unwrap_err().kind, ModelErrorKind::TooLarge);
}

fn any_event() -> impl Strategy<Value = ModelEvent> {
    let word = "[a-c{}\"]{0,3}";
    prop_oneof![
        word.prop_map(|text| ModelEvent::TextDelta { text }),
        word.prop_map(|text| ModelEvent::ReasoningDelta { text }),
        proptest::option::of(word)
            .prop_map(|signature| ModelEvent::ReasoningEnd { signature, redacted: None }),
        (0..3_u32, word, word).prop_map(|(index, id, name)| ModelEvent::ToolCallBegin {
            index,
            id,
            name
        }),
        (0..3_u32, word).prop_map(|(index, text)| ModelEvent::ToolCallDelta { index, text }),
        (0..3_u32).prop_map(end),
        Just(ModelEvent::Usage { usage: TokenUsage::default() }),
        Just(done(StopReason::EndTurn)),
    ]
}

proptest! {
    #[test]
    fn any_order_of_events_ends_in_an_answer_or_a_name(events in proptest::collection::vec(any_event(), 0..24)) {
        let shown: String = events.iter().filter_map(|event| match event {
            ModelEvent::TextDelta { text } => Some(text.as_str()),
            _ => None,
        }).collect();
        if let Ok(reply) = fold(events) {
            prop_assert_eq!(reply.text(), shown);
            let json = serde_json::to_string(&reply).unwrap();
            prop_assert_eq!(serde_json::from_str::<ModelReply>(&json).unwrap(), reply);
        }
    }
}
