//! What the configuration says of the network around the server.

use gathering_testkit::Place;
use reqwest::{Client, header::HeaderMap};

use crate::server::{Home, PATIENCE, Server};

async fn ask(server: &Server, headers: &[(&'static str, &'static str)]) -> (u16, HeaderMap) {
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let mut request = client.get(format!("{}/api/v1/runs", server.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.headers().clone())
}

#[tokio::test]
async fn a_server_answers_under_its_own_names_alone_and_believes_its_proxies_alone() {
    let home = Home::new(Place::sqlite());
    let server = home.serve().await;
    server.stranger();
    assert_eq!(ask(&server, &[("host", "evil.test")]).await.0, 421);
    let (status, headers) = ask(&server, &[("x-forwarded-proto", "https")]).await;
    assert_eq!((status, headers.get("strict-transport-security")), (401, None));
    server.kill().await;

    let home = home
        .env("GATHERING_SERVER_ALLOWED_HOSTS", "*.corp.test")
        .env("GATHERING_SERVER_TRUSTED_PROXIES", "127.0.0.0/8")
        .env("GATHERING_SERVER_PROXY_HEADER", "forwarded")
        .env("GATHERING_SERVER_CORS_ORIGINS", "https://app.test");
    let server = home.serve().await;
    for (host, status) in [("evil.test", 421), ("a.corp.test", 401)] {
        assert_eq!(ask(&server, &[("host", host)]).await.0, status, "{host}");
    }
    let (_, headers) = ask(&server, &[("forwarded", "for=203.0.113.9;proto=https")]).await;
    assert!(headers.contains_key("strict-transport-security"));
    let (_, headers) = ask(&server, &[("x-forwarded-proto", "https")]).await;
    assert!(!headers.contains_key("strict-transport-security"));
    let (_, headers) = ask(&server, &[("origin", "https://app.test")]).await;
    assert_eq!(headers["access-control-allow-origin"], "https://app.test");
    server.kill().await;
}
