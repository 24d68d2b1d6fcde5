//! Golden streams: what a provider says in its documented form, and the reply it becomes.

use gathering_llm::{ModelErrorKind, ModelEvent, complete, complete_watched};
use gathering_llm_providers::ProviderKind;
use gathering_testkit::model_server::{Answer, ModelServer};

use crate::support::{provider, question};

macro_rules! golden {
    ($($name:ident: $kind:ident, $file:literal;)*) => {$(
        #[tokio::test]
        async fn $name() {
            let events = include_str!(concat!("streams/", $file));
            let server = ModelServer::saying(Answer::stream(events)).await.unwrap();
            let provider = provider(ProviderKind::$kind, &server);
            let reply = complete(provider.as_ref(), question()).await.unwrap();
            let shown = serde_json::to_string_pretty(&reply).unwrap();
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path("golden");
            settings.set_prepend_module_to_snapshot(false);
            settings.bind(|| insta::assert_snapshot!(concat!("reply_", stringify!($name)), shown));
        }
    )*};
}

golden! {
    anthropic_answer: Anthropic, "anthropic/answer.sse";
    anthropic_tools: Anthropic, "anthropic/tools.sse";
    anthropic_malformed_call: Anthropic, "anthropic/malformed_call.sse";
    anthropic_refusal: Anthropic, "anthropic/refusal.sse";
    openai_answer: OpenAi, "openai/answer.sse";
    openai_tools: OpenAi, "openai/tools.sse";
    openai_malformed_call: OpenAi, "openai/malformed_call.sse";
    openai_refusal: OpenAi, "openai/refusal.sse";
    deepseek_thinking: DeepSeek, "openai/thinking.sse";
    mistral_thinking: Mistral, "openai/mistral_thinking.sse";
    compatible_loose_server: OpenAiCompatible, "openai/loose_server.sse";
    ollama_same_index: Ollama, "openai/same_index.sse";
    google_answer: Google, "google/answer.sse";
    google_tools: Google, "google/tools.sse";
    google_refusal: Google, "google/refusal.sse";
    google_max_tokens: Google, "google/max_tokens.sse";
}

#[tokio::test]
async fn errors_within_a_stream_have_their_kind() {
    for (kind, events, fault) in [
        (
            ProviderKind::Anthropic,
            include_str!("streams/anthropic/overloaded.sse"),
            ModelErrorKind::Overloaded,
        ),
        (
            ProviderKind::OpenRouter,
            include_str!("streams/openai/error.sse"),
            ModelErrorKind::ServerError,
        ),
        (
            ProviderKind::Google,
            include_str!("streams/google/error.sse"),
            ModelErrorKind::Overloaded,
        ),
        (
            ProviderKind::Google,
            include_str!("streams/google/malformed_call.sse"),
            ModelErrorKind::Malformed,
        ),
    ] {
        let server = ModelServer::saying(Answer::stream(events)).await.unwrap();
        let error = complete(provider(kind, &server).as_ref(), question()).await.unwrap_err();
        assert_eq!(error.kind, fault, "{kind}: {error}");
    }
}

/// Every stream, cut after every byte: never a whole reply before the end was said, never anything
/// but a cut stream.
#[tokio::test]
async fn a_stream_cut_anywhere_is_a_cut_stream() {
    for (kind, events, last_needed) in [
        (ProviderKind::Anthropic, include_str!("streams/anthropic/tools.sse"), "message_stop"),
        (ProviderKind::OpenAi, include_str!("streams/openai/tools.sse"), "finish_reason\":\"tool"),
        (ProviderKind::Google, include_str!("streams/google/tools.sse"), "\"finishReason\""),
    ] {
        let needed = events.rfind(last_needed).unwrap();
        for cut in (0..events.len()).step_by(61) {
            let broken = Answer::stream(events).cut_after(cut);
            let closed = Answer::stream(&events[..floor(events, cut)]);
            for (answer, how) in [(broken, "broken"), (closed, "closed")] {
                let server = ModelServer::saying(answer).await.unwrap();
                let reply = complete(provider(kind, &server).as_ref(), question()).await;
                if cut < needed {
                    let error = reply.unwrap_err();
                    assert_eq!(
                        error.kind,
                        ModelErrorKind::CutStream,
                        "{kind} {how} at {cut}: {error}"
                    );
                } else if let Ok(reply) = reply {
                    assert_eq!(reply.tool_calls().count(), 2, "{kind} {how} at {cut}");
                }
            }
        }
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[tokio::test]
async fn pieces_are_seen_as_they_come_and_add_up() {
    let server =
        ModelServer::saying(Answer::stream(include_str!("streams/anthropic/tools.sse"))).await;
    let server = server.unwrap();
    let (mut text, mut thought, mut begun, mut ended) = (String::new(), String::new(), 0, 0);
    let provider = provider(ProviderKind::Anthropic, &server);
    complete_watched(provider.as_ref(), question(), &mut |event| match event {
        ModelEvent::TextDelta { text: delta } => text.push_str(delta),
        ModelEvent::ReasoningDelta { text: delta } => thought.push_str(delta),
        ModelEvent::ToolCallBegin { .. } => begun += 1,
        ModelEvent::ToolCallEnd { .. } => ended += 1,
        _ => {}
    })
    .await
    .unwrap();
    assert_eq!(
        (text.as_str(), thought.as_str(), begun, ended),
        ("Let me look.", "I need the weather of both.", 2, 2)
    );
}

#[tokio::test]
async fn an_answers_own_message_goes_back_as_it_came() {
    // What a provider sealed comes back to it unchanged in the next request.
    for (kind, events, expected) in [
        (
            ProviderKind::Anthropic,
            include_str!("streams/anthropic/tools.sse"),
            vec![
                "EqQBCgIYAhIM1gbcDa9GJwZA2b3h",
                "EmwKAhgBEgy3va3pzix",
                "toolu_01T1x1fJ34qAmk2tNTrN7Up6",
            ],
        ),
        (
            ProviderKind::Google,
            include_str!("streams/google/tools.sse"),
            vec!["\"CikB0e2Kb8\"", "\"CikB0e2Kb9\"", "own-id"],
        ),
    ] {
        let server = ModelServer::saying(Answer::stream(events)).await.unwrap();
        let provider = provider(kind, &server);
        let reply = complete(provider.as_ref(), question()).await.unwrap();
        let mut next = question();
        next.messages.push(reply.message());
        complete(provider.as_ref(), next).await.unwrap();
        let body = String::from_utf8(server.asked()[1].body.to_vec()).unwrap();
        for text in expected {
            assert!(body.contains(text), "{kind}: {text} in {body}");
        }
    }
}
