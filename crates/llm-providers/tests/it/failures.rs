//! Bad statuses and their bodies, in each provider's documented form, and what to do about them.

use gathering_domain::{Advice, Duration, Failure};
use gathering_llm::{ModelErrorKind as Kind, complete};
use gathering_llm_providers::{
    ProviderConfig,
    ProviderKind::{
        self, Anthropic, DeepSeek, Google, LlamaCpp, Mistral, Ollama, OpenAi, OpenAiCompatible,
        Vllm,
    },
};
use gathering_testkit::model_server::{Answer, ModelServer};

use crate::support::{config, key, provider, question};

const CASES: &[(ProviderKind, u16, &str, Kind)] = &[
    (
        Anthropic,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages: at least one message is required"},"request_id":"req_1"}"#,
        Kind::InvalidRequest,
    ),
    (
        Anthropic,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}"#,
        Kind::ContextTooLong,
    ),
    (
        Anthropic,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
        Kind::QuotaExhausted,
    ),
    (
        Anthropic,
        401,
        r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
        Kind::AuthRefused,
    ),
    (
        Anthropic,
        403,
        r#"{"type":"error","error":{"type":"permission_error","message":"not allowed"}}"#,
        Kind::AuthRefused,
    ),
    (
        Anthropic,
        404,
        r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-none"}}"#,
        Kind::UnknownModel,
    ),
    (
        Anthropic,
        413,
        r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
        Kind::InvalidRequest,
    ),
    (
        Anthropic,
        429,
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"Number of requests has exceeded your rate limit"}}"#,
        Kind::RateLimited,
    ),
    (
        Anthropic,
        500,
        r#"{"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#,
        Kind::ServerError,
    ),
    (
        Anthropic,
        529,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        Kind::Overloaded,
    ),
    (Anthropic, 502, "<html>bad gateway</html>", Kind::ServerError),
    (
        OpenAi,
        401,
        r#"{"error":{"message":"Incorrect API key provided: sk-1***2.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
        Kind::AuthRefused,
    ),
    (
        OpenAi,
        400,
        r#"{"error":{"message":"This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
        Kind::ContextTooLong,
    ),
    (
        OpenAi,
        400,
        r#"{"error":{"message":"Unknown parameter: 'x'.","type":"invalid_request_error","param":"x","code":"unknown_parameter"}}"#,
        Kind::InvalidRequest,
    ),
    (
        OpenAi,
        404,
        r#"{"error":{"message":"The model `gpt-none` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
        Kind::UnknownModel,
    ),
    (
        OpenAi,
        429,
        r#"{"error":{"message":"Rate limit reached for gpt-5","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
        Kind::RateLimited,
    ),
    (
        OpenAi,
        429,
        r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
        Kind::QuotaExhausted,
    ),
    (
        OpenAi,
        500,
        r#"{"error":{"message":"The server had an error while processing your request","type":"server_error","param":null,"code":null}}"#,
        Kind::ServerError,
    ),
    (
        OpenAi,
        503,
        r#"{"error":{"message":"That model is currently overloaded","type":"server_error"}}"#,
        Kind::Overloaded,
    ),
    (OpenAi, 302, "", Kind::InvalidRequest),
    (OpenAiCompatible, 404, "404 page not found", Kind::InvalidRequest),
    (
        DeepSeek,
        402,
        r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}"#,
        Kind::QuotaExhausted,
    ),
    (Mistral, 401, r#"{"message":"Unauthorized","request_id":"1"}"#, Kind::AuthRefused),
    (
        Mistral,
        422,
        r#"{"detail":[{"type":"extra_forbidden","loc":["body","x"],"msg":"Extra inputs are not permitted"}]}"#,
        Kind::InvalidRequest,
    ),
    (
        Mistral,
        400,
        r#"{"object":"error","message":"Invalid model: none","type":"invalid_model","param":null,"code":"1500"}"#,
        Kind::InvalidRequest,
    ),
    (
        Vllm,
        404,
        r#"{"object":"error","message":"The model `none` does not exist.","type":"NotFoundError","param":null,"code":404}"#,
        Kind::UnknownModel,
    ),
    (
        Vllm,
        400,
        r#"{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","code":400}"#,
        Kind::ContextTooLong,
    ),
    (
        LlamaCpp,
        400,
        r#"{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error"}}"#,
        Kind::ContextTooLong,
    ),
    (
        LlamaCpp,
        503,
        r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
        Kind::Overloaded,
    ),
    (
        Ollama,
        404,
        r#"{"error":{"message":"model \"none\" not found, try pulling it first","type":"api_error","param":null,"code":null}}"#,
        Kind::UnknownModel,
    ),
    (
        Google,
        400,
        r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#,
        Kind::AuthRefused,
    ),
    (
        Google,
        400,
        r#"[{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]"#,
        Kind::ContextTooLong,
    ),
    (
        Google,
        400,
        r#"{"error":{"code":400,"message":"Invalid JSON payload received.","status":"INVALID_ARGUMENT"}}"#,
        Kind::InvalidRequest,
    ),
    (
        Google,
        403,
        r#"{"error":{"code":403,"message":"Permission denied","status":"PERMISSION_DENIED"}}"#,
        Kind::AuthRefused,
    ),
    (
        Google,
        404,
        r#"{"error":{"code":404,"message":"models/none is not found for API version v1beta","status":"NOT_FOUND"}}"#,
        Kind::UnknownModel,
    ),
    (
        Google,
        429,
        r#"{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED"}}"#,
        Kind::RateLimited,
    ),
    (
        Google,
        500,
        r#"{"error":{"code":500,"message":"An internal error has occurred","status":"INTERNAL"}}"#,
        Kind::ServerError,
    ),
    (
        Google,
        503,
        r#"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#,
        Kind::Overloaded,
    ),
];

#[tokio::test]
async fn each_status_and_body_has_its_kind() {
    for (kind, status, body, fault) in CASES {
        let server = ModelServer::saying(Answer::json(*status, *body)).await.unwrap();
        let error = complete(provider(*kind, &server).as_ref(), question()).await.unwrap_err();
        assert_eq!(error.kind, *fault, "{kind} {status} {body}: {error}");
        assert!(error.message.contains(&format!("status {status}")), "{error}");
        assert_eq!((error.provider.as_str(), error.model.as_str()), ("test", "some-model"));
        assert_eq!(server.asked().len(), 1, "an adapter makes one attempt");
    }
}

#[tokio::test]
async fn the_wait_that_a_provider_asks_for_is_passed_on() {
    let limited = |kind| CASES.iter().find(|case| case.0 == kind && case.1 == 429).unwrap().2;
    for kind in [Anthropic, OpenAi, Google] {
        let answer = Answer::json(429, limited(kind)).header("retry-after", "7");
        let server = ModelServer::saying(answer).await.unwrap();
        let error = complete(provider(kind, &server).as_ref(), question()).await.unwrap_err();
        let after = Some(Duration::from_secs(7));
        assert_eq!((error.kind, error.retry_after), (Kind::RateLimited, after));
        let failure = Failure::from(error);
        assert_eq!(
            (failure.code.as_str(), failure.advice),
            ("rate_limited", Advice::Retry { after })
        );
    }
    let body = r#"{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}}"#;
    let server = ModelServer::saying(Answer::json(429, body)).await.unwrap();
    let error = complete(provider(Google, &server).as_ref(), question()).await.unwrap_err();
    assert_eq!(error.retry_after, Some(Duration::from_millis(34_500)));
}

#[tokio::test]
async fn a_missing_key_fails_before_anything_is_sent() {
    for kind in [Anthropic, OpenAi, Google] {
        let server = ModelServer::saying(Answer::json(200, "{}")).await.unwrap();
        let mut config = config(kind, &server);
        config.api_key = None;
        let egress = gathering_egress::Egress::builder().build();
        let provider = gathering_llm_providers::build(config, &egress).unwrap();
        let error = complete(provider.as_ref(), question()).await.unwrap_err();
        assert_eq!(error.kind, Kind::AuthMissing);
        assert_eq!(provider.test().await.unwrap_err().kind, Kind::AuthMissing);
        assert_eq!(Failure::from(error).advice, Advice::Fail);
        assert!(server.asked().is_empty());
    }
}

#[tokio::test]
async fn a_key_for_other_hosts_is_never_sent() {
    for kind in [Anthropic, OpenAi, Google] {
        let server = ModelServer::saying(Answer::json(200, "{}")).await.unwrap();
        for hosts in [&["api.pager.example"][..], &["127.0.0.1:1"], &[]] {
            let config = config(kind, &server).api_key(key(hosts));
            let egress = gathering_egress::Egress::builder().build();
            let provider = gathering_llm_providers::build(config, &egress).unwrap();
            let error = complete(provider.as_ref(), question()).await.unwrap_err();
            assert_eq!(error.kind, Kind::Blocked, "{hosts:?}");
            assert_eq!(provider.test().await.unwrap_err().kind, Kind::Blocked, "{hosts:?}");
        }
        assert!(server.asked().is_empty());
    }
}

#[tokio::test]
async fn a_key_that_a_provider_repeats_is_hidden() {
    let body = r#"{"error":{"message":"Incorrect API key provided: key-0123456789","code":"invalid_api_key"}}"#;
    let server = ModelServer::saying(Answer::json(401, body)).await.unwrap();
    let error = complete(provider(OpenAi, &server).as_ref(), question()).await.unwrap_err();
    assert!(!error.to_string().contains("0123456789"), "{error}");
}

#[tokio::test]
async fn a_local_kind_opens_its_own_address_and_no_other() {
    let server = ModelServer::saying(Answer::json(200, "{}")).await.unwrap();
    for kind in [Ollama, Vllm, LlamaCpp] {
        let here = config(kind, &server).base_url.unwrap();
        for base_url in [here.as_str(), "http://169.254.169.254/v1", "http://10.0.0.1:11434/v1"] {
            let config = ProviderConfig::new("local", kind).base_url(base_url);
            let egress = gathering_egress::Egress::builder().build();
            let provider = gathering_llm_providers::build(config, &egress).unwrap();
            let error = provider.list_models().await.unwrap_err();
            assert_eq!(error.kind, Kind::Blocked, "{kind} {base_url}");
        }
        // Whether somebody listens there or not, it may be asked.
        let egress = gathering_egress::Egress::builder().build();
        let own = ProviderConfig::new("local", kind);
        let provider = gathering_llm_providers::build(own, &egress).unwrap();
        let asked = provider.list_models().await;
        assert!(asked.err().is_none_or(|error| error.kind != Kind::Blocked), "{kind}");
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn private_addresses_need_leave() {
    let server = ModelServer::saying(Answer::json(200, "{}")).await.unwrap();
    let mut config = config(OpenAiCompatible, &server);
    (config.allow_private_address, config.api_key) = (false, None);
    let egress = gathering_egress::Egress::builder().build();
    let provider = gathering_llm_providers::build(config, &egress).unwrap();
    let error = complete(provider.as_ref(), question()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Blocked);
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn an_unreachable_provider_was_certainly_not_asked() {
    let server = ModelServer::saying(Answer::json(200, "{}")).await.unwrap();
    let config = config(OpenAi, &server);
    drop(server);
    // The port is free again once the server is gone.
    let egress = gathering_egress::Egress::builder().build();
    let provider = gathering_llm_providers::build(config, &egress).unwrap();
    let error = complete(provider.as_ref(), question()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unreachable, "{error}");
    assert_eq!(Failure::from(error).advice, Advice::Retry { after: None });
}
