//! Lists of models, the cheap call, and counted tokens.

use gathering_llm::{CountMethod, ModelErrorKind};
use gathering_llm_providers::ProviderKind::{self, Anthropic, Google, Groq, OpenAi, Together};
use gathering_testkit::model_server::{Answer, ModelServer};

use crate::support::{provider, question};

/// A provider, the path that it is asked, its answer, and the models in it.
type Case = (ProviderKind, &'static str, &'static str, &'static [(&'static str, Option<u64>)]);

#[tokio::test]
async fn models_are_listed_in_each_wires_form() {
    let cases: [Case; 5] = [
        (
            Anthropic,
            "/v1/models?limit=1000",
            r#"{"data":[{"type":"model","id":"claude-b","display_name":"Claude B","created_at":"2025-02-19T00:00:00Z"},{"type":"model","id":"claude-a","display_name":"Claude A","max_input_tokens":200000}],"has_more":false,"first_id":"claude-b","last_id":"claude-a"}"#,
            &[("claude-a", Some(200_000)), ("claude-b", None)],
        ),
        (
            OpenAi,
            "/v1/models",
            r#"{"object":"list","data":[{"id":"gpt-5","object":"model","created":1686935002,"owned_by":"openai"}]}"#,
            &[("gpt-5", None)],
        ),
        (
            Groq,
            "/v1/models",
            r#"{"object":"list","data":[{"id":"llama","object":"model","context_window":131072}]}"#,
            &[("llama", Some(131_072))],
        ),
        (
            Together,
            "/v1/models",
            r#"[{"id":"org/model","object":"model","display_name":"Model","context_length":8192}]"#,
            &[("org/model", Some(8_192))],
        ),
        (
            Google,
            "/v1beta/models?pageSize=1000",
            r#"{"models":[{"name":"models/gemini-x","displayName":"Gemini X","inputTokenLimit":1048576,"supportedGenerationMethods":["generateContent"]},{"name":"models/embedding","supportedGenerationMethods":["embedContent"]}]}"#,
            &[("gemini-x", Some(1_048_576))],
        ),
    ];
    for (kind, path, body, expected) in cases {
        let server = ModelServer::saying(Answer::json(200, body)).await.unwrap();
        let provider = provider(kind, &server);
        let models = provider.list_models().await.unwrap();
        let shown: Vec<_> = models.iter().map(|m| (m.name.as_str(), m.context_tokens)).collect();
        assert_eq!(shown, expected, "{kind}");
        let test = provider.test().await.unwrap();
        assert_eq!((test.models, test.scripted), (expected.len(), false));
        let asked = server.asked().remove(0);
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", path));
    }
}

#[tokio::test]
async fn a_list_that_is_none_is_malformed() {
    for kind in [Anthropic, OpenAi, Google] {
        let server = ModelServer::saying(Answer::json(200, "\"none\"")).await.unwrap();
        let error = provider(kind, &server).list_models().await.unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::Malformed, "{kind}");
    }
}

#[tokio::test]
async fn tokens_are_counted_where_the_provider_counts() {
    for (kind, path, body, tokens) in [
        (Anthropic, "/v1/messages/count_tokens", r#"{"input_tokens":2095}"#, 2_095),
        (Google, "/v1beta/models/some-model:countTokens", r#"{"totalTokens":31}"#, 31),
    ] {
        let server = ModelServer::saying(Answer::json(200, body)).await.unwrap();
        let count = provider(kind, &server).count_tokens(&question()).await.unwrap();
        assert_eq!((count.tokens, count.method), (tokens, CountMethod::Counted));
        let asked = server.asked().remove(0);
        assert_eq!(asked.path, path);
        assert_eq!(asked.json().get("max_tokens"), None);
        assert_eq!(asked.json().get("stream"), None);
    }
    let server = ModelServer::saying(Answer::json(200, "{}")).await.unwrap();
    let count = provider(OpenAi, &server).count_tokens(&question()).await.unwrap();
    assert_eq!(count.method, CountMethod::Estimated);
    assert!(count.tokens > 0 && server.asked().is_empty());
}
