//! `http_request` against a real socket.

use std::sync::{Arc, Mutex};

use gathering_domain::{Advice, EffectKind, Failure, HostList, ListOwner};
use gathering_egress::{Egress, NetworkPolicy};
use gathering_tools::{Policy, Tool, ToolContext, ToolOutput};
use gathering_tools_native::HttpRequest;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::{block_on, boxed, call, context};

/// Answers every request with the same bytes, and keeps what was asked.
struct Server {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
    _task: JoinSet<()>,
}

impl Server {
    async fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Vec<u8> = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let requests = Arc::clone(&seen);
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serve(stream, &answer, &requests).await;
            }
        });
        Self { url, seen, _task: task }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn tool(&self) -> Arc<dyn Tool> {
        let rule = self.url.trim_start_matches("http://").parse().unwrap();
        boxed(HttpRequest::new(
            &Egress::builder().policy(NetworkPolicy::public_and([rule])).build(),
        ))
    }
}

async fn serve(mut stream: TcpStream, answer: &[u8], seen: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    while !is_whole(&request) {
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return,
            Ok(length) => request.extend_from_slice(&piece[..length]),
        }
    }
    seen.lock().unwrap().push(String::from_utf8(request).unwrap());
    let _ = stream.write_all(answer).await;
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.trim().parse().unwrap())
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    )
}

/// What one request gives, and what the server saw of it.
fn ask(answer: impl Into<Vec<u8>>, more: Value) -> (Result<ToolOutput, Failure>, Vec<String>) {
    block_on(async {
        let server = Server::saying(answer).await;
        let mut arguments = json!({ "url": format!("{}/path?q=1", server.url) });
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let result = call(server.tool(), arguments).await;
        (result, server.seen())
    })
}

#[test]
fn answer_is_read_as_json_or_text() {
    let json_answer =
        answer("200 OK", "content-type: application/json; charset=utf-8\r\n", "{\"n\":1}");
    let (output, seen) = ask(json_answer, json!({}));
    let value = output.unwrap().value;
    assert_eq!((&value["status"], &value["body"]), (&json!(200), &json!({ "n": 1 })));
    assert_eq!(value["headers"]["content-type"], "application/json; charset=utf-8");
    assert!(value["url"].as_str().unwrap().ends_with("/path"), "{value}");
    assert!(seen[0].starts_with("GET /path?q=1 HTTP/1.1\r\n"), "{}", seen[0]);

    let (output, _) = ask(answer("404 Not Found", "", "nothing here"), json!({}));
    let value = output.unwrap().value;
    assert_eq!((&value["status"], &value["body"]), (&json!(404), &json!("nothing here")));
}

#[test]
fn body_and_headers_are_sent_and_the_key_is_the_effects_own() {
    let (output, seen) = ask(
        answer("201 Created", "", ""),
        json!({ "method": "POST", "body": { "a": [1] }, "headers": { "x-one": "1", "Idempotency-Key": "mine" },
                "idempotency_header": "Idempotency-Key" }),
    );
    assert_eq!(output.unwrap().value["status"], 201);
    let seen = seen[0].to_lowercase();
    assert!(seen.starts_with("post /path") && seen.ends_with("\r\n\r\n{\"a\":[1]}"), "{seen}");
    assert!(seen.contains("content-type: application/json\r\n") && seen.contains("x-one: 1\r\n"));
    let key = context().effect_id.to_string();
    assert!(
        seen.contains(&format!("idempotency-key: {key}\r\n")) && !seen.contains("mine"),
        "{seen}"
    );
}

#[test]
fn kind_depends_on_method_and_declared_header() {
    let tool = boxed(HttpRequest::new(&Egress::builder().build()));
    for (method, header, kind) in [
        ("GET", None, EffectKind::Idempotent),
        ("HEAD", None, EffectKind::Idempotent),
        ("PUT", None, EffectKind::Idempotent),
        ("DELETE", None, EffectKind::Idempotent),
        ("POST", None, EffectKind::Unsafe),
        ("PATCH", None, EffectKind::Unsafe),
        ("POST", Some("Idempotency-Key"), EffectKind::Idempotent),
        ("PATCH", Some("X-Request-Key"), EffectKind::Idempotent),
    ] {
        let mut arguments = json!({ "url": "https://example.com", "method": method });
        if let Some(header) = header {
            arguments["idempotency_header"] = json!(header);
        }
        assert_eq!(tool.kind_of(&arguments), kind, "{method} {header:?}");
    }
    // What is not understood is the worst.
    for arguments in [json!({}), json!({ "url": "x", "method": "get" }), json!(null)] {
        assert_eq!(tool.kind_of(&arguments), EffectKind::Unsafe, "{arguments}");
    }
    assert_eq!(tool.spec().policy, Policy::Ask);
}

#[test]
fn failures_say_whether_the_request_may_have_happened() {
    let (failure, _) =
        ask(answer("429 Too Many Requests", "retry-after: 7\r\n", ""), json!({ "method": "POST" }));
    let failure = failure.unwrap_err();
    assert_eq!(failure.code, "rate_limited");
    assert!(
        matches!(failure.advice, Advice::Retry { after: Some(after) } if after.millis() == 7_000)
    );

    let (failure, _) = ask(answer("503 Service Unavailable", "", ""), json!({ "method": "POST" }));
    let failure = failure.unwrap_err();
    assert_eq!(failure.code, "server_error");
    assert!(matches!(failure.advice, Advice::Unknown { .. }));

    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
    let (failure, _) = ask(cut, json!({}));
    assert!(matches!(failure.unwrap_err().advice, Advice::Unknown { .. }));
    // The status of a request that must not be repeated is worth more than its cut body.
    let (output, _) = ask(cut, json!({ "method": "POST" }));
    let value = output.unwrap().value;
    assert_eq!((&value["body"], &value["truncated"]), (&json!("half"), &json!(true)));
}

#[test]
fn large_and_binary_bodies_are_bounded() {
    let (output, _) = ask(answer("200 OK", "", &"é".repeat(700_000)), json!({}));
    let value = output.unwrap().value;
    assert_eq!(value["truncated"], true);
    assert!(value["body"].as_str().unwrap().len() <= 1024 * 1024 + 3);
    let mut binary = answer("200 OK", "", "xx").into_bytes();
    let end = binary.len();
    binary[end - 2..].copy_from_slice(&[0xFF, 0xFE]);
    let (output, _) = ask(binary, json!({}));
    assert_eq!(output.unwrap().value["body"], Value::Null);
}

#[test]
fn the_lists_of_hosts_narrow_what_the_rules_allow() {
    let list = |of, host: &str| HostList::new(of, vec![host.parse().unwrap()]);
    let (here, elsewhere) =
        (list(ListOwner::Agent, "127.0.0.1"), list(ListOwner::Tool, "b.example"));
    block_on(async {
        let server = Server::saying(answer("200 OK", "", "here")).await;
        let ask = |hosts: &[HostList]| {
            let hosts = ToolContext { hosts: hosts.into(), ..context() };
            let (tool, url) = (server.tool(), server.url.clone());
            async move { tool.call(&hosts, json!({ "url": url })).await }
        };
        assert_eq!(ask(std::slice::from_ref(&here)).await.unwrap().value["body"], "here");
        let failure = ask(&[here, elsewhere]).await.unwrap_err();
        assert_eq!((failure.code.as_str(), failure.advice), ("egress_blocked", Advice::Fail));
        assert!(failure.message.contains("the tool's list of hosts"), "{}", failure.message);
        assert_eq!(server.seen().len(), 1);
    });
}

#[test]
fn what_must_not_leave_does_not() {
    let private = boxed(HttpRequest::new(&Egress::builder().build()));
    for url in [
        "http://127.0.0.1:1/",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "http://[::1]/",
    ] {
        let failure = block_on(call(Arc::clone(&private), json!({ "url": url }))).unwrap_err();
        assert_eq!(failure.advice, Advice::Fail, "{url}");
    }
    let marker = gathering_domain::secret_marker("PAGER");
    for more in [
        json!({ "headers": { "authorization": format!("Bearer {marker}") } }),
        json!({ "method": "POST", "body": { "text": marker } }),
        json!({ "method": "POST", "body": marker }),
    ] {
        let (failure, seen) = ask(answer("200 OK", "", ""), more);
        assert_eq!(failure.unwrap_err().code, "secret_refused");
        assert!(seen.is_empty());
    }
    for more in [
        json!({ "headers": { "host": "evil.example" } }),
        json!({ "headers": { "x": "a\r\nx-evil: 1" } }),
        json!({ "idempotency_header": "content-length" }),
    ] {
        let (failure, seen) = ask(answer("200 OK", "", ""), more);
        assert_eq!(failure.unwrap_err().code, "invalid_header");
        assert!(seen.is_empty());
    }
}
