//! Pages of other origins.

use std::collections::BTreeSet;

use gathering_api::{Options, Site};
use gathering_domain::Role;
use gathering_testkit::Place;

use crate::support::{Answer, Asked, Bench};

const APP: &str = "https://app.example.com";
const RUNS: &str = "/api/v1/runs";

fn preflight(path: &str, origin: &str) -> Asked {
    Asked::new("OPTIONS", path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type")
}

fn allowed(answer: &Answer) -> &str {
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    answer.header("access-control-allow-origin")
}

/// Every header that the description says is read.
fn read_headers() -> BTreeSet<String> {
    let description = serde_json::to_value(gathering_api::openapi()).unwrap();
    let items = description["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let parameters = operations.filter_map(|operation| operation["parameters"].as_array());
    let headers = parameters.flatten().filter(|parameter| parameter["in"] == "header");
    let names: BTreeSet<String> =
        headers.map(|header| header["name"].as_str().unwrap().to_ascii_lowercase()).collect();
    assert!(names.contains("if-match") && names.contains("gathering-project"), "{names:?}");
    names
}

#[tokio::test]
async fn nobody_is_let_in_by_default() {
    let bench = Bench::new().await;
    for origin in [APP, "null", "http://localhost:7400"] {
        let refused = bench.ask(preflight(RUNS, origin)).await;
        assert_eq!((refused.status.as_u16(), allowed(&refused)), (405, ""), "{origin}");
        let read = bench.ask(Asked::new("GET", "/healthz").header("origin", origin)).await;
        assert_eq!((read.status.as_u16(), allowed(&read)), (200, ""), "{origin}");
    }
}

#[tokio::test]
async fn pages_of_named_origins_call_the_api_with_a_token_and_no_others_do() {
    let cors_origins = vec![APP.to_owned(), "http://localhost:5173".to_owned()];
    let site = Site { cors_origins, ..Site::default() };
    let bench = Bench::at(Place::sqlite(), Options::default(), site).await;
    let token = bench.token(Role::Viewer).await;
    for origin in [APP, "http://localhost:5173"] {
        let told = bench.ask(preflight(RUNS, origin)).await;
        assert_eq!((told.status.as_u16(), allowed(&told)), (200, origin));
        assert!(told.header("access-control-allow-methods").contains("PATCH"));
        let sent = told.header("access-control-allow-headers");
        assert!(sent.contains("authorization") && sent.contains("gathering-project"), "{sent}");
        for name in read_headers() {
            assert!(sent.split(',').any(|one| one == name), "{name} is not in {sent}");
        }
        assert_eq!(told.header("access-control-max-age"), "600");
        assert_eq!(told.header("x-content-type-options"), "nosniff");

        let asked = Asked::new("GET", RUNS).header("origin", origin);
        let read = bench.ask(asked.clone().token(&token)).await;
        assert_eq!((read.status.as_u16(), allowed(&read)), (200, origin));
        assert!(read.header("access-control-expose-headers").contains("etag"));
        // A page must be able to read why it was refused.
        let refused = bench.ask(asked).await;
        assert_eq!((refused.problem().0, allowed(&refused)), (401, origin));
        let unknown =
            bench.ask(Asked::new("GET", "/api/v1/nothing").header("origin", origin)).await;
        assert_eq!((unknown.problem().0, allowed(&unknown)), (404, origin));
    }
    for origin in [
        "https://app.example.com.evil.test",
        "https://evil-app.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://APP.example.com",
        "null",
        "*",
        "",
    ] {
        let refused = bench.ask(preflight(RUNS, origin)).await;
        assert_eq!(allowed(&refused), "", "{origin}");
        let read = bench.ask(Asked::new("GET", RUNS).header("origin", origin).token(&token)).await;
        assert_eq!(allowed(&read), "", "{origin}");
        assert!(read.header("vary").contains("origin"), "{origin}: a cache keeps them apart");
    }
    // What is for people is of this origin alone.
    for path in ["/", "/api/docs/", "/healthz", "/api/v1"] {
        let read = bench.ask(Asked::new("GET", path).header("origin", APP)).await;
        assert_eq!(allowed(&read), "", "{path}");
    }
}
