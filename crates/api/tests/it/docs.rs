//! `/`, `/api/docs`, `/api/openapi.json` and `/api/errors`.

use serde_json::json;

use crate::support::{Asked, Bench};

#[tokio::test]
async fn the_api_explains_itself_to_anybody() {
    let bench = Bench::new().await;
    let description = bench.ask(Asked::new("GET", "/api/openapi.json")).await.ok();
    assert_eq!(description["openapi"], "3.1.0");
    assert_eq!(description, serde_json::to_value(gathering_api::openapi()).unwrap());

    let page = bench.ask(Asked::new("GET", "/api/docs/")).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html"));
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert!(!page.text().contains("<script>"), "a script in line would not run");
    let script = bench.ask(Asked::new("GET", "/api/docs/swagger-initializer.js")).await;
    assert!(script.text().contains("/api/openapi.json"), "{}", script.text());
    let missing = bench.ask(Asked::new("GET", "/api/docs/none.js")).await;
    assert_eq!(missing.problem(), (404, "unknown_route".to_owned()));
}

#[test]
fn the_description_says_what_form_texts_have() {
    let description = serde_json::to_value(gathering_api::openapi()).unwrap();
    let parameter = |path: &str, method: &str, name: &str| {
        let parameters = description["paths"][path][method]["parameters"].as_array().unwrap();
        parameters.iter().find(|parameter| parameter["name"] == name).unwrap()["schema"].clone()
    };
    let agent = "/api/v1/agents/{agent_id}";
    assert_eq!(parameter(agent, "patch", "agent_id")["pattern"], "^agt_[0-9a-fA-F]{32}$");
    assert_eq!(parameter(agent, "get", "Gathering-Project")["pattern"], "^prj_[0-9a-fA-F]{32}$");
    let version = parameter(agent, "patch", "If-Match");
    assert_eq!(version["pattern"], "^(\"[0-9]{1,19}\"|[0-9]{1,19})$");
    let key = parameter("/api/v1/agents", "post", "Idempotency-Key");
    assert_eq!((&key["type"], &key["pattern"]), (&json!("string"), &json!("^[!-~]{1,200}$")));
    let action = parameter("/api/v1/audit", "get", "action");
    assert!(action["enum"].as_array().unwrap().contains(&json!("user.create")), "{action}");
    let schemas = &description["components"]["schemas"];
    assert_eq!(schemas["Project"]["properties"]["id"]["pattern"], "^prj_[0-9a-fA-F]{32}$");
    assert_eq!(schemas["SetUpBody"]["properties"]["password"]["minLength"], 12);
    for kind in schemas["Verdict"]["oneOf"].as_array().unwrap() {
        assert_eq!(kind["additionalProperties"], false, "{kind}");
    }
}

#[test]
fn the_description_says_what_comes_after_a_wait_and_of_a_stream() {
    let description = serde_json::to_value(gathering_api::openapi()).unwrap();
    for path in [
        "/api/v1/runs",
        "/api/v1/runs/{run_id}/retry",
        "/api/v1/pipelines/{pipeline_id}/runs",
        "/api/v1/threads/{thread_id}/messages",
    ] {
        let responses = &description["paths"][path]["post"]["responses"];
        assert!(responses["200"].is_object() && responses["202"].is_object(), "{path}");
    }
    for path in ["/api/v1/events", "/api/v1/runs/{run_id}/events"] {
        let stream = &description["paths"][path]["get"]["responses"]["200"]["content"];
        let event = "#/components/schemas/StreamedEvent";
        assert_eq!(stream["text/event-stream"]["schema"]["$ref"], event, "{path}");
    }
    let event = &description["components"]["schemas"]["StreamedEvent"];
    assert_eq!(event["required"], json!(["data"]));
    assert!(description["components"]["schemas"]["Envelope"].is_object());
    let body_of =
        |path: &str| description["paths"][path]["post"]["requestBody"]["required"].clone();
    assert_eq!(body_of("/api/v1/agents/{agent_id}/threads"), json!(false));
    assert_eq!(body_of("/api/v1/threads/{thread_id}/messages"), json!(true));
    assert_eq!(body_of("/api/v1/agents"), json!(true));
    // The text of a YAML file holds an object, as its JSON does.
    let export = "/api/v1/pipelines/{pipeline_id}/export";
    let file = &description["paths"][export]["get"]["responses"]["200"]["content"];
    assert_eq!(file["application/yaml"]["schema"]["type"], "object");
}

#[tokio::test]
async fn each_code_has_its_page_where_problems_say() {
    let bench = Bench::new().await;
    let index = bench.ask(Asked::new("GET", "/api/errors")).await;
    for (code, status, title) in gathering_api::error_codes() {
        assert!(index.text().contains(&format!("[`{code}`]({code}.md) | {status} | {title} |")));
        let page = bench.ask(Asked::new("GET", &format!("/api/errors/{code}"))).await;
        assert_eq!(page.header("content-type"), "text/markdown; charset=utf-8");
        assert!(page.text().starts_with(&format!("# `{code}`\n")), "{code}");
    }
    let unknown = bench.ask(Asked::new("GET", "/api/errors/none")).await;
    assert_eq!(unknown.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn the_first_page_says_what_is_here_and_loads_nothing_foreign() {
    let bench = Bench::new().await;
    let home = bench.ask(Asked::new("GET", "/")).await;
    assert_eq!(home.header("content-type"), "text/html; charset=utf-8");
    for path in ["/api/docs/", "/api/openapi.json", "/api/errors", "/readyz", "/style.css"] {
        assert!(home.text().contains(&format!("\"{path}\"")), "{path}");
        assert_eq!(bench.ask(Asked::new("GET", path)).await.status, 200, "{path}");
    }
    let policy = home.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
}
