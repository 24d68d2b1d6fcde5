//! Whole calls on each wire against a server that misbehaves: each ends in a named outcome.

use std::time::Duration as StdDuration;

use gathering_llm::{
    Message, ModelErrorKind as Kind, ModelRequest, StopReason, ToolResult, complete,
};
use gathering_testkit::model_server::{Answer, ModelServer, SaidCall, Turn};
use serde_json::json;

use crate::support::{KINDS, provider, question, wire_of};

#[tokio::test]
async fn a_turn_with_tools_runs_on_every_wire() {
    for kind in KINDS {
        let wire = wire_of(kind);
        let server = ModelServer::start(move |asked| {
            let text = String::from_utf8_lossy(&asked.body).into_owned();
            if text.contains("21 degrees") {
                wire.say(&Turn::text("Mild."))
            } else {
                wire.say(&Turn::call("c1", "get_weather", r#"{"location":"Rome"}"#))
            }
        })
        .await
        .unwrap();
        let provider = provider(kind, &server);
        let mut request = question();
        let reply = complete(provider.as_ref(), request.clone()).await.unwrap();
        let call = reply.tool_calls().next().unwrap().clone();
        assert_eq!((call.id.as_str(), &call.arguments), ("c1", &json!({"location": "Rome"})));
        assert_eq!(reply.stop_reason, StopReason::ToolCalls);
        request.messages.push(reply.message());
        request.messages.push(Message::tool_results([ToolResult {
            id: call.id,
            name: call.name,
            content: "21 degrees".into(),
            is_error: false,
        }]));
        let reply = complete(provider.as_ref(), request).await.unwrap();
        assert_eq!((reply.text().as_str(), reply.stop_reason), ("Mild.", StopReason::EndTurn));
        assert_eq!((reply.usage.input, reply.usage.output), (10, 5));
        assert!(!reply.scripted && reply.usage_known);
    }
}

#[tokio::test]
async fn each_fault_has_its_name_on_every_wire() {
    for kind in KINDS {
        let wire = wire_of(kind);
        let whole = wire.say(&Turn::text("a whole answer, cut somewhere"));
        let garbage = Answer::stream("data: {\"choices\": [}\n\ndata: nonsense\n\n");
        let not_text = Answer {
            pieces: vec![gathering_testkit::model_server::Piece::Bytes(
                b"data: \xff\xfe\n\n".as_slice().into(),
            )],
            ..Answer::stream("")
        };
        for (case, answer, fault) in [
            ("nothing", Answer::stream(""), Kind::CutStream),
            ("an empty answer", wire.say(&Turn::default()), Kind::EmptyAnswer),
            ("a broken connection", whole.clone().cut_after(40), Kind::CutStream),
            ("a stalled stream", whole.clone().hang_after(40), Kind::Timeout),
            ("a late first byte", whole.clone().after(StdDuration::from_secs(5)), Kind::Timeout),
            ("garbage", garbage, Kind::Malformed),
            ("bytes", not_text, Kind::Malformed),
            ("a document", Answer::json(200, r#"{"error":{"message":"no"}}"#), Kind::Malformed),
            ("no room", wire.fail(529, "overloaded_error", "Overloaded"), Kind::Overloaded),
        ] {
            let server = ModelServer::saying(answer).await.unwrap();
            let error = complete(provider(kind, &server).as_ref(), question()).await.unwrap_err();
            assert_eq!(error.kind, fault, "{kind}, {case}: {error}");
        }
    }
}

#[tokio::test]
async fn arguments_that_are_no_json_are_a_named_part_of_the_answer() {
    for kind in KINDS {
        let broken = Turn::call("c1", "get_weather", r#"{"location": "San"#);
        let server = ModelServer::saying(wire_of(kind).say(&broken)).await.unwrap();
        let reply = complete(provider(kind, &server).as_ref(), question()).await.unwrap();
        let faults = reply.malformed_calls();
        assert_eq!((faults.len(), faults[0].1.tool.as_str()), (1, "get_weather"), "{kind}");
        // The conversation goes on: the call can be sent back with its fault.
        let mut next = question();
        next.messages.push(reply.message());
        next.messages.push(Message::tool_results([ToolResult {
            id: faults[0].0.clone(),
            name: "get_weather".into(),
            content: faults[0].1.to_string(),
            is_error: true,
        }]));
        let server = ModelServer::saying(wire_of(kind).say(&Turn::text("sorry"))).await.unwrap();
        assert!(complete(provider(kind, &server).as_ref(), next).await.is_ok());
    }
}

#[tokio::test]
async fn endless_tool_calls_are_bounded_in_one_answer() {
    for kind in KINDS {
        let call = |n: usize| SaidCall {
            id: format!("c{n}"),
            tool: "again".into(),
            arguments: "{}".into(),
        };
        let turn = Turn { text: String::new(), calls: (0..200).map(call).collect() };
        let server = ModelServer::saying(wire_of(kind).say(&turn)).await.unwrap();
        let error = complete(provider(kind, &server).as_ref(), question()).await.unwrap_err();
        assert_eq!(error.kind, Kind::TooLarge, "{kind}: {error}");
    }
}

#[tokio::test]
async fn dropping_an_answer_cuts_the_call() {
    use futures::StreamExt as _;
    for kind in KINDS {
        let long = wire_of(kind).say(&Turn::text("word ".repeat(50)));
        let server = ModelServer::saying(long.hang_after(200)).await.unwrap();
        let provider = provider(kind, &server);
        let mut stream = provider.stream(ModelRequest { ..question() }).await.unwrap();
        // Whatever came first, the rest is given up without waiting for it.
        let first = tokio::time::timeout(StdDuration::from_millis(50), stream.next()).await;
        drop(stream);
        assert!(!matches!(first, Ok(None)), "{kind}");
    }
}
