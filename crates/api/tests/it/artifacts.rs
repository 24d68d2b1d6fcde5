//! `/api/v1/artifacts`.

use gathering_domain::Role;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use crate::support::{Asked, Bench};

each_database! {
    async fn what_a_tool_stored_is_listed_and_downloaded(place: Place) {
        let bench = Bench::open(place, gathering_api::Options::default()).await;
        let token = bench.token(Role::Member).await;
        // The tool answers more than fits, so that all of it becomes an artifact.
        let called =
            bench.post("/api/v1/tools/long/invoke", &token, &json!({ "arguments": {} })).await;
        let stored = &called["output"]["artifacts"][0];
        let id = stored["artifact_id"].as_str().unwrap();
        let listed = bench.get("/api/v1/artifacts", &token).await;
        let found = &listed["items"][0];
        assert_eq!((&found["id"], &found["bytes"]), (&stored["artifact_id"], &json!(5_000)));
        let path = format!("/api/v1/artifacts/{id}");
        assert_eq!(&bench.get(&path, &token).await, found);

        let content = Asked::new("GET", &format!("{path}/content")).token(&token);
        let content = bench.ask(content).await;
        assert_eq!(content.body, vec![b'x'; 5_000]);
        assert_eq!(content.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(content.header("x-content-type-options"), "nosniff");
        assert!(content.header("content-disposition").starts_with("attachment; filename=\""));
        assert!(content.header("content-security-policy").contains("sandbox"));
        assert_eq!(content.header("etag"), format!("\"{}\"", found["hash"].as_str().unwrap()));

        let path = "/api/v1/artifacts?run_id=run_00000000000000000000000000000009";
        let of_run = bench.get(path, &token).await;
        assert_eq!(of_run["items"], json!([]));
    }
}
