//! The scripted model: strict scripts, the same answer each time, every kind of misbehaviour.

use std::time::Duration as StdDuration;

use futures::StreamExt as _;
use gathering_domain::{Duration, TokenUsage};
use gathering_egress::Egress;
use gathering_llm::{
    Message, ModelErrorKind, ModelEvent, ModelProvider as _, ModelReply, ModelRequest,
    OutputSchema, StopReason, ToolChoice, ToolResult, ToolSpec, complete,
};
use gathering_llm_providers::{
    InvalidScript, ProviderConfig, ProviderKind, Script, ScriptedProvider, build,
};
use serde_json::{Value, json};

const SCRIPT: &str = r#"
script: 1
rules:
  - when: { user: "weather in (\\w+)", answers: 0, offers: get_weather }
    reply:
      reasoning: "I should look."
      text: "Let me look."
      calls:
        - { tool: get_weather, arguments: { place: "{{ match[1] }}", n: "{{ answers + 1 }}" } }
        - { tool: time_now }
  - when: { result_of: get_weather, tool: "(\\d+) degrees" }
    reply: { text: "It is {{ match[1] }} degrees, {{ agent | default('nobody', true) }}." }
  - when: { agent: reviewer, wants_json: true }
    reply: { json: { score: 8, note: "about {{ user | length }} characters", tools: "{{ tools }}" } }
  - when: { user: "^limit$" }
    error: { kind: rate_limited, message: slow down, retry_after: 2s }
  - when: { user: "^cut$" }
    reply: { text: "one two three" }
    delay: { token: 1ms }
    cut_after: 2
  - when: { user: "^broken$" }
    reply: { calls: [ { tool: get_weather, raw: '{"place": ' } ] }
  - when: { user: "^short$" }
    reply: { text: "cut o", stop: max_tokens, usage: { input: 7, output: 3 } }
  - when: { user: "^undefined$" }
    reply: { text: "{{ nothing }}" }
  - when: { user: "^endless$" }
    reply: { text: "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}" }
  - when: { user: "^example$" }
    reply: { example: true }
  - when: { answers_from: 3 }
    reply: { text: "We have talked enough." }
"#;

fn provider() -> ScriptedProvider {
    ScriptedProvider::new("scripted").with_script("s", Script::from_yaml(SCRIPT).unwrap())
}

fn ask(user: &str) -> ModelRequest {
    ModelRequest::new("s", vec![Message::user(user)])
}

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: String::new(),
        input_schema: json!({"type": "object", "required": ["place"],
            "properties": {"place": {"type": "string"}}}),
    }
}

async fn reply(request: ModelRequest) -> ModelReply {
    complete(&provider(), request).await.unwrap()
}

#[tokio::test]
async fn a_turn_with_tools_follows_the_script() {
    let mut request = ask("What is the WEATHER in Rome?");
    request.tools = vec![tool("get_weather"), tool("time_now")];
    request.metadata.agent = Some("clerk".into());
    let first = reply(request.clone()).await;
    let calls: Vec<_> =
        first.tool_calls().map(|c| (c.id.as_str(), c.name.as_str(), c.arguments.clone())).collect();
    assert_eq!(
        calls,
        [
            ("call_0_0", "get_weather", json!({"place": "Rome", "n": 1})),
            ("call_0_1", "time_now", json!({}))
        ]
    );
    assert_eq!((first.text().as_str(), first.stop_reason), ("Let me look.", StopReason::ToolCalls));
    assert!(first.scripted && first.usage_known && first.usage.reasoning > 0);

    request.messages.push(first.message());
    request.messages.push(Message::tool_results([ToolResult {
        id: "call_0_0".into(),
        name: "get_weather".into(),
        content: "21 degrees".into(),
        is_error: false,
    }]));
    let second = reply(request).await;
    assert_eq!(second.text(), "It is 21 degrees, clerk.");
}

#[tokio::test]
async fn the_same_request_gives_the_same_reply() {
    let one = provider();
    let request = ask("example");
    let first = complete(&one, request.clone()).await.unwrap();
    complete(&one, ask("short")).await.unwrap();
    for _ in 0..3 {
        assert_eq!(complete(&one, request.clone()).await.unwrap(), first);
        assert_eq!(complete(&provider(), request.clone()).await.unwrap(), first);
    }
}

#[tokio::test]
async fn values_keep_their_type_and_texts_are_filled_in() {
    let mut request = ask("four");
    request.metadata.agent = Some("reviewer".into());
    request.tools = vec![tool("a")];
    let schema = json!({"type": "object"});
    request.output_schema = Some(OutputSchema { name: "r".into(), schema, strict: false });
    let value: Value = serde_json::from_str(&reply(request).await.text()).unwrap();
    assert_eq!(value, json!({"score": 8, "note": "about 4 characters", "tools": ["a"]}));
}

#[tokio::test]
async fn misbehaviour_is_scripted_too() {
    let error =
        |user: &'static str| async move { complete(&provider(), ask(user)).await.unwrap_err() };
    let limited = error("limit").await;
    assert_eq!(limited.kind, ModelErrorKind::RateLimited);
    assert_eq!(limited.retry_after, Some(Duration::from_secs(2)));
    assert_eq!(error("cut").await.kind, ModelErrorKind::CutStream);
    assert_eq!(error("undefined").await.kind, ModelErrorKind::InvalidRequest);
    assert_eq!(error("endless").await.kind, ModelErrorKind::InvalidRequest);
    let unmatched = error("nothing like it").await;
    assert!(unmatched.message.contains("no rule"), "{unmatched}");
    assert_eq!(reply(ask("broken")).await.malformed_calls().len(), 1);
    let short = reply(ask("short")).await;
    assert_eq!(short.stop_reason, StopReason::MaxTokens);
    assert_eq!(short.usage, TokenUsage { input: 7, output: 3, ..TokenUsage::default() });
}

#[tokio::test]
async fn the_conversation_itself_counts_the_answers() {
    let mut request = ask("on and on");
    for _ in 0..3 {
        request.messages.push(Message::assistant("yes"));
        request.messages.push(Message::user("on and on"));
    }
    assert_eq!(reply(request).await.text(), "We have talked enough.");
}

#[tokio::test]
async fn delays_are_kept_and_pieces_come_word_by_word() {
    let slow = r#"
script: 1
rules:
  - reply: { text: "one two three" }
    delay: { first: 40ms, token: 10ms }
"#;
    let provider =
        ScriptedProvider::new("scripted").with_script("s", Script::from_yaml(slow).unwrap());
    let begun = tokio::time::Instant::now();
    let mut stream = provider.stream(ask("go")).await.unwrap();
    let mut seen = Vec::new();
    while let Some(event) = stream.next().await {
        if let ModelEvent::TextDelta { text } = event.unwrap() {
            seen.push((text, begun.elapsed()));
        }
    }
    let words: Vec<&str> = seen.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["one ", "two ", "three"]);
    for ((_, elapsed), least) in seen.iter().zip([40, 50, 60]) {
        assert!(*elapsed >= StdDuration::from_millis(least), "{seen:?}");
    }
}

#[tokio::test]
async fn the_demo_answers_any_request() {
    let config = ProviderConfig::new("scripted", ProviderKind::Scripted);
    let demo = build(config, &Egress::builder().build()).unwrap();
    let mut request = ModelRequest::new("demo", vec![Message::user("Sort this: urgent outage")]);
    request.metadata.agent = Some("sorter".into());
    let text = complete(demo.as_ref(), request.clone()).await.unwrap();
    assert_eq!(
        text.text(),
        "This is a scripted answer from sorter; no model was asked. \
         The question was: Sort this: urgent outage"
    );
    assert!(text.scripted);

    let schema = json!({"type": "object", "required": ["urgent"],
        "properties": {"urgent": {"type": "boolean"}}});
    request.output_schema = Some(OutputSchema { name: "t".into(), schema, strict: true });
    let shaped = complete(demo.as_ref(), request.clone()).await.unwrap();
    assert_eq!(shaped.text(), r#"{"urgent":true}"#);

    request.tools = vec![tool("get_weather")];
    request.tool_choice = ToolChoice::Required;
    let called = complete(demo.as_ref(), request).await.unwrap();
    assert_eq!(called.tool_calls().next().unwrap().arguments, json!({"place": "scripted place"}));
    assert_eq!(called.stop_reason, StopReason::ToolCalls);

    assert_eq!(demo.test().await.unwrap().models, 1);
    assert!(demo.test().await.unwrap().scripted);
    let unknown = ModelRequest::new("none", vec![Message::user("a")]);
    let error = complete(demo.as_ref(), unknown).await.unwrap_err();
    assert_eq!(error.kind, ModelErrorKind::UnknownModel);
    assert!(error.message.contains("demo"), "{error}");
}

#[test]
fn scripts_with_faults_are_refused_when_they_are_read() {
    let rule = |text: &str| format!("script: 1\nrules:\n  - {text}\n");
    for (text, told) in [
        (String::new(), "script"),
        ("script: 2".into(), "version"),
        ("rules: []".into(), "script"),
        ("script: 1\nrule: []".into(), "unknown field"),
        (rule("{ reply: { txt: a } }"), "unknown field"),
        (rule("{ reply: { text: a }, wen: {} }"), "unknown field"),
        (rule("{ when: { usr: a }, reply: { text: a } }"), "unknown field"),
        (rule("{ when: { user: '(' }, reply: { text: a } }"), "regex"),
        (rule("{ when: { user: a } }"), "neither"),
        (rule("{ reply: { text: a }, error: { kind: overloaded } }"), "both"),
        (rule("{ error: { kind: tired } }"), "unknown variant"),
        (rule("{ reply: { text: a, json: {} } }"), "exclude"),
        (rule("{ reply: { text: '{{ a' } }"), "rule 1"),
        (rule("{ reply: { json: { a: ['{{ }}'] } } }"), "rule 1"),
        (rule("{ reply: { calls: [ { tool: a, arguments: [1] } ] } }"), "object"),
        (rule("{ reply: { calls: [ { tool: a, arguments: {}, raw: x } ] } }"), "raw"),
        (rule("{ reply: { text: a }, delay: { first: 1h } }"), "longer"),
        (rule("{ reply: { text: a }, delay: { first: soon } }"), "duration"),
        ("x".repeat(2_000_000), "bytes"),
        ("[".repeat(1_000_000), "at line 1 column 129"),
    ] {
        let error: InvalidScript = Script::from_yaml(&text).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        let message = format!("{error} {source}");
        assert!(message.contains(told), "{text:.80}: {message}");
    }
}

#[tokio::test]
async fn the_documented_script_is_one() {
    let page = include_str!("../../../../docs/guides/scripted-model.md");
    let script = page.split("```yaml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let script = Script::from_yaml(script).unwrap();
    let provider = ScriptedProvider::new("scripted").with_script("s", script);
    let mut request = ask("What is the weather in Rome?");
    request.tools = vec![tool("get_weather")];
    let reply = complete(&provider, request).await.unwrap();
    assert_eq!(reply.tool_calls().next().unwrap().arguments, json!({"place": "Rome"}));
}
