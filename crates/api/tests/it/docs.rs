//! `/`, `/api/docs`, `/api/openapi.json` and `/api/errors`.

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
