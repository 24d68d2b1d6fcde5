//! What nobody should send to a server is refused, within a bound, and changes nothing.
//!
//! Each has its documented error; the largest that is allowed runs.

use std::time::Duration;

use gathering_testkit::Place;
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Api, Home};

/// How long the refusal of anything may take, in a program that is built for debugging: a bound, not a
/// measurement.
const REFUSED_WITHIN: Duration = Duration::from_secs(30);
/// The most nodes of a pipeline.
const MOST_NODES: usize = 1_000;

const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const PIPELINES: &str = "/api/v1/pipelines";
const RUNS: &str = "/api/v1/runs";
/// An id that nothing has.
const NINE: &str = "00000000000000000000000000000009";

/// A body and the fault that its refusal names.
type Faulty = (&'static str, String, &'static str);

fn pipeline(nodes: &Value, edges: &Value) -> Value {
    json!({ "name": "bad", "nodes": nodes, "edges": edges })
}

fn trigger() -> Value {
    json!({ "id": "start", "type": "trigger" })
}

fn transform(id: &str, value: &Value) -> Value {
    json!({ "id": id, "type": "transform", "config": { "value": value } })
}

/// A chain of so many nodes, of which the first is the trigger.
fn chain(nodes: usize) -> Value {
    let last = |n: usize| if n == 1 { "start".to_owned() } else { format!("n{}", n - 1) };
    let mut all = vec![trigger()];
    all.extend((1..nodes).map(|n| transform(&format!("n{n}"), &json!(n))));
    let edges: Vec<_> =
        (1..nodes).map(|n| json!({ "from": last(n), "to": format!("n{n}") })).collect();
    json!({ "name": "chain", "nodes": all, "edges": edges })
}

/// So many lists, one in the other.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

fn faulty_definitions() -> Vec<Faulty> {
    let to = |id: &str| json!([{ "from": "start", "to": id }]);
    let one = |node: Value| pipeline(&json!([trigger(), node]), &to("a")).to_string();
    let (a, b) = (transform("a", &json!(1)), transform("b", &json!(1)));
    let circle = json!([
        { "from": "start", "to": "a" }, { "from": "a", "to": "b" }, { "from": "b", "to": "a" },
    ]);
    let mut speedy = pipeline(&json!([trigger()]), &json!([]));
    speedy["speed"] = json!(1);
    let unasked = json!({ "agent": "nobody", "task": "Do it." });
    vec![
        ("a cycle", pipeline(&json!([trigger(), a, b]), &circle).to_string(), "cycle"),
        ("an unknown type", one(json!({ "id": "a", "type": "magic" })), "unknown_value"),
        ("an unknown key", speedy.to_string(), "unknown_key"),
        (
            "an unknown key of a node",
            one(json!({ "id": "a", "type": "delay", "config": { "for": "1s", "fro": "1s" } })),
            "unknown_key",
        ),
        ("a dangling edge", pipeline(&json!([trigger()]), &to("none")).to_string(), "unknown_node"),
        ("an expression", one(transform("a", &json!("{{ 1 + }}"))), "invalid_template"),
        (
            "a condition",
            one(json!({ "id": "a", "type": "condition", "config": { "when": "1 >" } })),
            "invalid_expression",
        ),
        (
            "a wrong type",
            one(json!({ "id": "a", "type": "delay", "config": { "for": [] } })),
            "wrong_type",
        ),
        ("no list", pipeline(&json!("many"), &json!([])).to_string(), "wrong_type"),
        (
            "an unknown agent",
            one(json!({ "id": "a", "type": "agent", "config": unasked })),
            "unknown_agent",
        ),
        ("10,000 nodes", chain(10_000).to_string(), "too_many_nodes"),
        ("one node too many", chain(MOST_NODES + 1).to_string(), "too_many_nodes"),
    ]
}

/// Everything that the API shows of the store.
async fn shown(owner: &Api) -> Vec<Value> {
    let mut shown = Vec::new();
    for list in [
        "agents",
        "approvals",
        "artifacts",
        "pipelines",
        "providers",
        "runs?children=true",
        "secrets",
        "threads",
        "unknown-outcomes",
    ] {
        let (status, page) = owner.get(&format!("/api/v1/{list}")).await;
        assert!(status.is_success(), "{list}: {page}");
        shown.push(page);
    }
    shown
}

/// Sends it, and answers status, code, and codes of faults.
async fn refusal(
    owner: &Api,
    method: Method,
    path: &str,
    media_type: &str,
    body: impl Into<Vec<u8>>,
) -> (u16, String, Vec<String>) {
    let sent = owner.send(method, path, media_type, body.into());
    let (status, problem) =
        tokio::time::timeout(REFUSED_WITHIN, sent).await.expect("it is refused within the bound");
    let code = problem["code"].as_str().unwrap_or_else(|| panic!("{status}: {problem}")).to_owned();
    let page = owner.text(&format!("/api/errors/{code}")).await;
    assert!(page.starts_with(&format!("# `{code}`")), "`{code}` is not documented");
    let faults = problem["errors"].as_array().cloned().unwrap_or_default();
    let faults = faults.iter().map(|fault| fault["code"].as_str().unwrap().to_owned()).collect();
    (status.as_u16(), code, faults)
}

gathering_testkit::each_database! {
    async fn definitions_that_cannot_run_are_refused_wherever_they_come_in(place: Place) {
        let home = Home::new(place);
        let server = home.serve().await;
        let owner = server.set_up().await;
        let id = owner.create_pipeline("name: good\nnodes: [{ id: start, type: trigger }]\n").await;
        let before = shown(&owner).await;
        for (what, body, fault) in faulty_definitions() {
            let definition: Value = serde_json::from_str(&body).unwrap();
            let loose = json!({ "what": { "type": "definition", "definition": definition } });
            let mut ways = vec![
                (Method::POST, PIPELINES.to_owned(), JSON, body.clone()),
                (Method::POST, PIPELINES.to_owned(), YAML, body.clone()),
                (Method::PUT, format!("{PIPELINES}/{id}"), JSON, body.clone()),
                (Method::POST, RUNS.to_owned(), JSON, loose.to_string()),
            ];
            // A patch cannot take the edges back that it does not name.
            if what == "no list" {
                ways.push((Method::PATCH, format!("{PIPELINES}/{id}"), JSON, body));
            }
            for (method, path, media_type, body) in ways {
                let place = format!("{what}: {method} {path} {media_type}");
                let (status, code, faults) = refusal(&owner, method, &path, media_type, body).await;
                // A body of 10,000 nodes may be too large before anybody looks into it.
                if (status, code.as_str()) == (413, "too_large") && what == "10,000 nodes" {
                    continue;
                }
                assert_eq!((status, code.as_str()), (422, "invalid"), "{place}");
                assert!(faults.iter().any(|found| found == fault), "{place}: {faults:?}");
            }
        }
        assert_eq!(shown(&owner).await, before);
    }

    async fn bodies_that_cannot_be_read_are_refused_and_change_nothing(place: Place) {
        let home = Home::new(place);
        let server = home.serve().await;
        let owner = server.set_up().await;
        let before = shown(&owner).await;
        let good = pipeline(&json!([trigger()]), &json!([])).to_string();
        let large = pipeline(&json!([trigger(), transform("a", &json!("x".repeat(1 << 20)))]), &json!([]));
        let deep = pipeline(&json!([trigger(), transform("a", &nested(100))]), &json!([])).to_string();
        let mut not_utf8 = good.clone().into_bytes();
        not_utf8[10] = 0xff;
        for (what, media_type, body, status, code) in [
            ("nothing", JSON, Vec::new(), 400, "invalid_json"),
            ("half", JSON, good.as_bytes()[..30].to_vec(), 400, "invalid_json"),
            ("half of a file", YAML, b"name: a\nnodes: [{".to_vec(), 422, "invalid"),
            ("not UTF-8", JSON, not_utf8.clone(), 400, "not_utf8"),
            ("a file not UTF-8", YAML, not_utf8, 400, "not_utf8"),
            ("deep", JSON, deep.clone().into_bytes(), 400, "too_deep"),
            ("a deep file", YAML, deep.into_bytes(), 422, "invalid"),
            ("very deep", JSON, vec![b'['; 1_000_000], 400, "too_deep"),
            ("a very deep file", YAML, vec![b'['; 50_000], 422, "invalid"),
            ("large", JSON, large.to_string().into_bytes(), 413, "too_large"),
            ("a picture", "image/png", vec![0; 100], 415, "unsupported_media_type"),
        ] {
            let (found, name, _) = refusal(&owner, Method::POST, PIPELINES, media_type, body).await;
            assert_eq!((found, name.as_str()), (status, code), "{what}");
        }
        // Names within names: a file can say much with few bytes.
        let bomb = (1..30).fold("a0: &a0 [1,1]\n".to_owned(), |text, n| {
            format!("{text}a{n}: &a{n} [*a{0},*a{0}]\n", n - 1)
        });
        let (status, code, _) = refusal(&owner, Method::POST, PIPELINES, YAML, bomb).await;
        assert_eq!((status, code.as_str()), (422, "invalid"));
        assert_eq!(shown(&owner).await, before);
    }

    async fn ids_and_versions_that_do_not_exist_are_refused_and_change_nothing(place: Place) {
        let home = Home::new(place);
        let server = home.serve().await;
        let owner = server.set_up().await;
        let good = "name: good\nnodes: [{ id: start, type: trigger }]\n";
        let id = owner.create_pipeline(good).await;
        let before = shown(&owner).await;
        let body = pipeline(&json!([trigger()]), &json!([])).to_string();
        for (method, path, body) in [
            (Method::GET, format!("{PIPELINES}/pip_{NINE}"), String::new()),
            (Method::DELETE, format!("{PIPELINES}/pip_{NINE}"), String::new()),
            (Method::POST, format!("{PIPELINES}/pip_{NINE}/runs"), "{}".to_owned()),
            (Method::GET, format!("/api/v1/pipeline-versions/piv_{NINE}"), String::new()),
            (Method::GET, format!("/api/v1/runs/run_{NINE}/journal"), String::new()),
            (Method::POST, format!("/api/v1/runs/run_{NINE}/cancel"), "{}".to_owned()),
            (Method::POST, format!("/api/v1/runs/run_{NINE}/retry"), "{}".to_owned()),
            (
                Method::POST,
                format!("/api/v1/approvals/apr_{NINE}/decide"),
                json!({ "answer": "approved" }).to_string(),
            ),
            (Method::POST, format!("/api/v1/agents/agt_{NINE}/threads"), "{}".to_owned()),
            (
                Method::POST,
                format!("/api/v1/threads/thr_{NINE}/messages"),
                json!({ "text": "Hello" }).to_string(),
            ),
        ] {
            let (status, code, _) = refusal(&owner, method, &path, JSON, body).await;
            assert_eq!((status, code.as_str()), (404, "not_found"), "{path}");
        }
        let path = format!("{PIPELINES}/{id}");
        for (version, status, code) in [
            (None, 428, "precondition_required"),
            (Some("\"7\""), 412, "precondition_failed"),
            (Some("\"0\""), 412, "precondition_failed"),
            (Some("seven"), 400, "invalid_header"),
        ] {
            for method in [Method::PUT, Method::PATCH] {
                let sent = owner.send_at(method.clone(), &path, version, body.clone());
                let (found, problem) = sent.await;
                let found = (found.as_u16(), problem["code"].as_str().unwrap_or_default());
                assert_eq!(found, (status, code), "{method} {version:?}");
            }
        }
        assert_eq!(shown(&owner).await, before);
    }

    async fn the_largest_pipeline_that_is_allowed_runs_to_its_end(place: Place) {
        let home = Home::new(place);
        let server = home.serve().await;
        let owner = server.set_up().await;
        let what = json!({ "type": "definition", "definition": chain(MOST_NODES) });
        let (status, run) = owner.post(RUNS, &json!({ "what": what, "input": {} })).await;
        assert!(status.is_success(), "{status}: {run}");
        let ended = owner.wait_for(run["id"].as_str().unwrap(), "succeeded").await;
        let last = format!("n{}", MOST_NODES - 1);
        assert_eq!(ended["output"], json!({ last: MOST_NODES - 1 }));
    }
}
