//! Golden requests: what leaves, byte for byte.

use std::fmt::Write as _;

use gathering_llm::{
    CacheHints, Image, Message, ModelErrorKind, ModelRequest, OutputSchema, Part, Reasoning,
    ReasoningEffort, RequestMetadata, Role, ToolCall, ToolChoice, ToolResult, ToolSpec, complete,
};
use gathering_llm_providers::ProviderKind;
use gathering_testkit::model_server::{ModelServer, Turn};
use serde_json::json;

use crate::support::{provider, wire_of};

/// What leaves when `kind` is asked `request`: path, headers that matter, body.
async fn sent(kind: ProviderKind, request: ModelRequest) -> String {
    let server = ModelServer::saying(wire_of(kind).say(&Turn::text("ok"))).await.unwrap();
    complete(provider(kind, &server).as_ref(), request).await.unwrap();
    let asked = server.asked().remove(0);
    let mut shown = format!("{} {}\n", asked.method, asked.path);
    for name in
        ["anthropic-version", "authorization", "content-type", "x-api-key", "x-goog-api-key"]
    {
        if let Some(value) = asked.header(name) {
            let _ = writeln!(shown, "{name}: {value}");
        }
    }
    shown.push('\n');
    shown.push_str(std::str::from_utf8(&asked.body).unwrap());
    shown
}

fn plain() -> ModelRequest {
    ModelRequest {
        max_output_tokens: Some(256),
        temperature: Some(0.5),
        stop: vec!["END".into()],
        metadata: RequestMetadata { agent: Some("writer".into()), user: Some("u-1".into()) },
        ..ModelRequest::new(
            "some-model",
            vec![
                Message::system("You are brief."),
                Message::user("Grüße, \"world\"!"),
                Message::assistant("Hello."),
                Message::system("Today is Sunday."),
                Message::user("And now?"),
            ],
        )
    }
}

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: format!("Does {name}."),
        input_schema: json!({"properties": {"location": {"type": "string"}}, "type": "object"}),
    }
}

fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
    ToolCall::from_text(id, name, arguments)
}

fn result(id: &str, name: &str, content: &str, is_error: bool) -> ToolResult {
    ToolResult { id: id.into(), name: name.into(), content: content.into(), is_error }
}

/// Two calls at once and their results, with thoughts and seals of `seal_of`.
fn tools(seal_of: &str) -> ModelRequest {
    let sealed = |text: &str| Some(format!("{seal_of}:{text}"));
    let mut first = call("call_1", "get_weather", r#"{"location":"Rome"}"#);
    first.signature = sealed("call-seal");
    let thought =
        Reasoning { text: "Both.".into(), signature: sealed("thought-seal"), redacted: None };
    let hidden = Reasoning { text: String::new(), signature: None, redacted: sealed("hidden") };
    let answer = Message {
        role: Role::Assistant,
        parts: vec![
            Part::Reasoning(thought),
            Part::Reasoning(hidden),
            Part::text("I will look."),
            Part::ToolCall(first),
            Part::ToolCall(call("call_2", "time_now", "{}")),
        ],
    };
    ModelRequest {
        tools: vec![tool("get_weather"), tool("time_now")],
        tool_choice: ToolChoice::Auto,
        cache: CacheHints { prefix: true, thread: true },
        ..ModelRequest::new(
            "some-model",
            vec![
                Message::system("Use tools."),
                Message::user("Weather and time?"),
                answer,
                Message::tool_results([
                    result("call_1", "get_weather", "21 degrees", false),
                    result("call_2", "time_now", "no clock", true),
                ]),
                Message::user("Go on."),
            ],
        )
    }
}

fn shaped(image: Image) -> ModelRequest {
    let message =
        Message { role: Role::User, parts: vec![Part::text("What is it?"), Part::Image(image)] };
    ModelRequest {
        output_schema: Some(OutputSchema {
            name: "thing".into(),
            schema: json!({"properties": {"name": {"type": "string"}}, "required": ["name"], "type": "object"}),
            strict: true,
        }),
        reasoning: Some(ReasoningEffort::High),
        ..ModelRequest::new("some-model", vec![message])
    }
}

/// A conversation that began with another provider, and a call that nobody could read.
fn foreign() -> ModelRequest {
    let answer = Message {
        role: Role::Assistant,
        parts: vec![
            Part::Reasoning(Reasoning {
                text: "Hm.".into(),
                signature: Some("elsewhere:seal".into()),
                redacted: None,
            }),
            Part::ToolCall(call("functions.look:0", "get_weather", r#"{"location": "San"#)),
        ],
    };
    ModelRequest {
        tools: vec![tool("get_weather")],
        tool_choice: ToolChoice::None,
        ..ModelRequest::new(
            "some-model",
            vec![
                Message::user("Weather?"),
                answer,
                Message::tool_results([result(
                    "functions.look:0",
                    "get_weather",
                    "the arguments are not JSON",
                    true,
                )]),
            ],
        )
    }
}

macro_rules! golden {
    ($($name:ident: $kind:ident, $request:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            let shown = sent(ProviderKind::$kind, $request).await;
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path("golden");
            settings.set_prepend_module_to_snapshot(false);
            settings.bind(|| insta::assert_snapshot!(stringify!($name), shown));
        }
    )*};
}

golden! {
    anthropic_plain: Anthropic, plain();
    anthropic_tools: Anthropic, tools("anthropic");
    anthropic_shaped: Anthropic, shaped(Image::url("https://example.com/a.png"));
    anthropic_foreign: Anthropic, foreign();
    openai_plain: OpenAi, plain();
    openai_tools: OpenAi, tools("openai");
    openai_shaped: OpenAi, shaped(Image::bytes("image/png", vec![137, 80, 78, 71]));
    openai_foreign: OpenAi, foreign();
    compatible_plain: OpenAiCompatible, plain();
    deepseek_tools: DeepSeek, tools("deepseek");
    deepseek_shaped: DeepSeek, shaped(Image::url("https://example.com/a.png"));
    mistral_plain: Mistral, plain();
    mistral_tools: Mistral, tools("mistral");
    openrouter_shaped: OpenRouter, shaped(Image::url("https://example.com/a.png"));
    google_plain: Google, plain();
    google_tools: Google, tools("google");
    google_shaped: Google, shaped(Image::bytes("image/png", vec![137, 80, 78, 71]));
    google_foreign: Google, foreign();
}

#[tokio::test]
async fn tool_choices_are_said_in_each_wires_words() {
    let named = ToolChoice::Named { name: "time_now".into() };
    for (kind, pointer, words) in [
        (
            ProviderKind::Anthropic,
            "/tool_choice",
            [
                json!({"type": "auto"}),
                json!({"type": "none"}),
                json!({"type": "any"}),
                json!({"type": "tool", "name": "time_now"}),
            ],
        ),
        (
            ProviderKind::OpenAi,
            "/tool_choice",
            [
                json!("auto"),
                json!("none"),
                json!("required"),
                json!({"type": "function", "function": {"name": "time_now"}}),
            ],
        ),
        (
            ProviderKind::Google,
            "/toolConfig/functionCallingConfig",
            [
                json!({"mode": "AUTO"}),
                json!({"mode": "NONE"}),
                json!({"mode": "ANY"}),
                json!({"mode": "ANY", "allowedFunctionNames": ["time_now"]}),
            ],
        ),
    ] {
        let choices = [ToolChoice::Auto, ToolChoice::None, ToolChoice::Required, named.clone()];
        for (tool_choice, said) in choices.into_iter().zip(words) {
            let request = ModelRequest { tool_choice, ..tools("x") };
            let shown = sent(kind, request).await;
            let body = shown.split_once("\n\n").unwrap().1;
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(body.pointer(pointer), Some(&said), "{kind}");
        }
    }
}

#[tokio::test]
async fn what_a_wire_cannot_say_is_refused_before_it_is_sent() {
    let model_image = Message {
        role: Role::Assistant,
        parts: vec![Part::Image(Image::url("https://example.com/a.png"))],
    };
    let with = |message: Message| ModelRequest::new("m", vec![Message::user("a"), message]);
    for (kind, request, fault) in [
        (
            ProviderKind::Google,
            shaped(Image::url("https://example.com/a.png")),
            ModelErrorKind::Unsupported,
        ),
        (ProviderKind::Anthropic, with(model_image.clone()), ModelErrorKind::Unsupported),
        (ProviderKind::OpenAi, with(model_image), ModelErrorKind::Unsupported),
        (
            ProviderKind::Google,
            ModelRequest::new("../admin?x", vec![Message::user("a")]),
            ModelErrorKind::UnknownModel,
        ),
    ] {
        let server = ModelServer::saying(wire_of(kind).say(&Turn::text("ok"))).await.unwrap();
        let error = complete(provider(kind, &server).as_ref(), request).await.unwrap_err();
        assert_eq!(error.kind, fault, "{kind}: {error}");
        assert!(server.asked().is_empty());
    }
}
