//! Headers that every answer carries, whatever it answers.

use gathering_api::{Options, Site};
use gathering_domain::Role;
use gathering_testkit::Place;
use serde_json::{Value, json};

use crate::support::{Answer, Asked, Bench};

/// What pages may differ in is their policy on content.
const SAME: [(&str, &str); 10] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("origin-agent-cluster", "?1"),
    ("x-dns-prefetch-control", "off"),
    ("x-permitted-cross-domain-policies", "none"),
    ("server", ""),
];

fn is_protected(what: &str, answer: &Answer) {
    for (name, value) in SAME {
        assert_eq!(answer.header(name), value, "{what}: {name}");
        assert!(answer.headers.get_all(name).iter().count() <= 1, "{what}: {name}");
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{what}: {policy}");
    for part in ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("script-src 'unsafe"), "{what}: {policy}");
    assert!(answer.header("permissions-policy").contains("camera=()"), "{what}");
    assert!(!answer.header("cache-control").is_empty(), "{what}");
    assert!(!answer.header("x-request-id").is_empty(), "{what}");
    assert_eq!(answer.header("access-control-allow-origin"), "", "{what}");
}

/// Every operation of the description, with something in the place of what varies.
fn operations() -> Vec<(String, String)> {
    let description = serde_json::to_value(gathering_api::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let path: Vec<&str> =
            path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
        for method in item.as_object().unwrap().keys() {
            operations.push((method.to_uppercase(), path.join("/")));
        }
    }
    operations
}

#[tokio::test]
async fn every_route_answers_with_them_whoever_asks() {
    let bench = Bench::new().await;
    let owner = bench.token(Role::Owner).await;
    let operations = operations();
    assert!(operations.len() > 50);
    for (method, path) in operations {
        let asked = Asked::new(&method, &path);
        // A stream that is open does not end, and goes out with the head that this one has.
        let streams = path.ends_with("/events");
        for asked in [asked.clone(), asked.clone().token("gts_wrong"), asked.token(&owner)] {
            let asked = if streams { asked.header("last-event-id", "x") } else { asked };
            let answer = bench.ask(asked).await;
            is_protected(&format!("{method} {path}: {}", answer.status), &answer);
        }
    }
}

#[tokio::test]
async fn pages_redirects_and_refusals_carry_them() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Owner).await;
    let panicking = json!({ "name": "bad", "kind": "panicking" });
    let get = |path: &str| Asked::new("GET", path);
    for (asked, status) in [
        (get("/"), 200),
        (get("/style.css"), 200),
        (get("/api/docs/"), 200),
        (get("/api/docs"), 303),
        (get("/api/docs/swagger-ui-bundle.js"), 200),
        (get("/api/docs/nothing"), 404),
        (get("/api/openapi.json"), 200),
        (get("/api/errors"), 200),
        (get("/api/errors/not_found"), 200),
        (get("/api/errors/nothing"), 404),
        (get("/nothing"), 404),
        (get("/../etc/passwd"), 404),
        (Asked::new("DELETE", "/"), 405),
        (Asked::new("OPTIONS", "/api/v1/runs"), 405),
        (Asked::new("TRACE", "/healthz"), 405),
        (Asked::new("HEAD", "/healthz"), 200),
        (get(&format!("/{}", "x".repeat(9_000))), 414),
        (get("/").header("x-more", &"x".repeat(33_000)), 431),
        (Asked::new("POST", "/api/v1/agents").token(&token).body("text/plain", "a"), 415),
        (Asked::new("POST", "/api/v1/providers").token(&token).json(&panicking), 500),
    ] {
        let answer = bench.ask(asked.clone()).await;
        assert_eq!(answer.status, status, "{asked:?}");
        is_protected(&format!("{asked:?}"), &answer);
    }
    let full = Bench::open(Place::sqlite(), Options { requests: 0, ..Options::default() }).await;
    is_protected("overloaded", &full.ask(get("/api/v1/runs")).await);
    let site = Site { hosts: Some(Vec::new()), ..Site::default() };
    let named = Bench::at(Place::sqlite(), Options::default(), site).await;
    is_protected("another host", &named.ask(get("/")).await);
    let answer: Value = bench.ask(get("/healthz")).await.json();
    assert_eq!(answer["status"], "alive");
}
