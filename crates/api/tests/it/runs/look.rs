//! Looking at runs: lists, nodes, journals.

use gathering_domain::{Role, RunId};
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use super::begin;
use crate::support::{Asked, Bench, agent};

each_database! {
    async fn a_run_shows_its_nodes_and_its_journal(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let (id, _) = begin(&bench, &token, 3).await;
        let path = format!("/api/v1/runs/{id}");
        let before = bench.get(&format!("{path}/nodes"), &token).await;
        assert_eq!((&before["run"]["status"], &before["nodes"][1]["output"]),
            (&json!("queued"), &Value::Null));
        bench.claim().await;
        bench.drive(id).await;
        let nodes = bench.get(&format!("{path}/nodes"), &token).await;
        assert_eq!(nodes["run"]["status"], "succeeded");
        let answer = &nodes["nodes"][1];
        assert_eq!((&answer["id"], &answer["type"]), (&json!("answer"), &json!("transform")));
        assert_eq!((&answer["status"], &answer["output"]), (&json!("succeeded"), &json!(3)));
        assert_eq!(nodes["turn"], Value::Null);

        let mut entries = Vec::new();
        let mut next = format!("{path}/journal?limit=1");
        loop {
            let page = bench.get(&next, &token).await;
            entries.extend(page["items"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("{path}/journal?limit=1&cursor={cursor}"),
                None => break,
            }
        }
        let whole = bench.get(&path, &token).await;
        assert_eq!(whole["entries"], entries.len());
        assert_eq!(entries[0]["kind"], "run_started");
        assert_eq!(entries.last().unwrap()["kind"], "run_finished");
        let numbers: Vec<_> = entries.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (0..entries.len() as u64).collect::<Vec<_>>());
    }

    async fn large_outputs_make_pages_short_and_are_left_out_of_the_list_of_nodes(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let mut nodes = vec![json!({ "id": "start", "type": "trigger" })];
        nodes.extend((0..9).map(|n| {
            let config = json!({ "value": "{{ input.x }}" });
            json!({ "id": format!("t{n}"), "type": "transform", "config": config })
        }));
        let edges: Vec<_> =
            (0..9).map(|n| json!({ "from": "start", "to": format!("t{n}") })).collect();
        let outputs = json!({ "n": "{{ 1 }}" });
        let definition =
            json!({ "name": "large", "nodes": nodes, "edges": edges, "outputs": outputs });
        let what = json!({ "type": "definition", "definition": definition });
        let input = json!({ "x": "a".repeat(900_000) });
        let run = bench.post("/api/v1/runs", &token, &json!({ "what": what, "input": input })).await;
        let id: RunId = run["id"].as_str().unwrap().parse().unwrap();
        bench.claim().await;
        bench.drive(id).await;

        let path = format!("/api/v1/runs/{id}");
        let found = bench.get(&format!("{path}/nodes"), &token).await;
        let nodes = found["nodes"].as_array().unwrap();
        let left_out: Vec<bool> =
            nodes.iter().map(|node| node["output_left_out"].as_bool().unwrap()).collect();
        // The input is the first node's output: four fit besides it.
        let shown = left_out.iter().filter(|left_out| !**left_out).count();
        assert_eq!((shown, left_out[9]), (4, true), "{left_out:?}");
        assert_eq!((&nodes[9]["output"], &nodes[9]["status"]), (&Value::Null, &json!("succeeded")));
        let alone = bench.get(&format!("{path}/nodes/t8"), &token).await;
        assert_eq!(alone["output"].as_str().unwrap().len(), 900_000);
        assert_eq!(alone["output_left_out"], false);
        let absent = Asked::new("GET", &format!("{path}/nodes/t9")).token(&token);
        assert_eq!(bench.ask(absent).await.problem(), (404, "not_found".to_owned()));

        let (mut seen, mut next, mut pages) = (0, format!("{path}/journal?limit=200"), 0);
        loop {
            let page = bench.get(&next, &token).await;
            assert!(page.to_string().len() < 6 * 1024 * 1024);
            seen += page["items"].as_array().unwrap().len();
            pages += 1;
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            next = format!("{path}/journal?limit=200&cursor={cursor}");
        }
        let whole = bench.get(&path, &token).await;
        assert_eq!(whole["entries"], seen);
        assert!(pages > 1, "{pages}");
    }

    async fn runs_are_listed_the_latest_first_and_filtered(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        let (first, _) = begin(&bench, &token, 1).await;
        bench.pass(gathering_domain::Duration::from_secs(1));
        let (second, _) = begin(&bench, &token, 2).await;
        bench.claim().await;
        bench.drive(first).await;
        let ids = |page: Value| -> Vec<String> {
            let items = page["items"].as_array().unwrap().clone();
            items.iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect()
        };
        let (first, second) = (first.to_string(), second.to_string());
        let all = bench.get("/api/v1/runs", &token).await;
        assert_eq!(ids(all), [second.clone(), first.clone()]);
        let ended = bench.get("/api/v1/runs?status=succeeded", &token).await;
        assert_eq!(ids(ended), std::slice::from_ref(&first));
        let page = bench.get("/api/v1/runs?limit=1", &token).await;
        let cursor = page["next_cursor"].as_str().unwrap().to_owned();
        assert_eq!(ids(page), [second]);
        let rest = bench.get(&format!("/api/v1/runs?limit=1&cursor={cursor}"), &token).await;
        assert_eq!(rest["next_cursor"], Value::Null);
        assert_eq!(ids(rest), [first]);
        let none = "pipeline_id=pip_00000000000000000000000000000009";
        assert!(ids(bench.get(&format!("/api/v1/runs?{none}"), &token).await).is_empty());
    }
}

#[tokio::test]
async fn the_run_of_an_agent_shows_its_turn() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let helper = bench.post("/api/v1/agents", &token, &agent("helper")).await;
    let what = json!({ "type": "agent", "agent_id": helper["id"] });
    let body = json!({ "what": what, "input": { "task": "Count." } });
    let run = bench.post("/api/v1/runs", &token, &body).await;
    let path = format!("/api/v1/runs/{}/nodes", run["id"].as_str().unwrap());
    let nodes = bench.get(&path, &token).await;
    assert_eq!((&nodes["nodes"], &nodes["turn"]["task"]), (&json!([]), &json!("Count.")));
    assert_eq!(nodes["turn"]["agent"], "helper");
    let of_agent = format!("/api/v1/runs?agent_id={}", helper["id"].as_str().unwrap());
    assert_eq!(bench.get(&of_agent, &token).await["items"][0]["id"], run["id"]);
    let other = Asked::new("GET", "/api/v1/runs?agent_id=agt_1").token(&token);
    assert_eq!(bench.ask(other).await.problem(), (400, "invalid_query".to_owned()));
}
