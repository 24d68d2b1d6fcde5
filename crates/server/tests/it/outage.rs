//! A database that is away for a while: what callers are told, and that all goes on afterwards.

use std::time::Duration;

use gathering_testkit::{FaultProxy, Place};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::{Instant, interval};

use crate::server::{Api, Home, PASSWORD, PATIENCE};

async fn list(api: &Api) -> Response {
    api.request(Method::GET, "/api/v1/runs").send().await.unwrap()
}

async fn sign_in(api: &Api) -> Response {
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    api.request(Method::POST, "/api/v1/auth/login").json(&body).send().await.unwrap()
}

/// Status, code and `Retry-After` of a refusal.
async fn refusal(answer: Response) -> (u16, String, Option<String>) {
    let after = answer.headers().get("retry-after").map(|after| after.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.unwrap();
    (status, problem["code"].as_str().unwrap().to_owned(), after)
}

#[tokio::test]
async fn a_database_that_is_away_is_not_taken_for_a_busy_one() {
    let place = Place::postgres().await;
    let (proxy, url) = FaultProxy::before(&place).await;
    let home = Home::on(Some(url));
    let server = home.serve().await;
    let owner = server.set_up().await;
    assert_eq!(list(&owner).await.status(), StatusCode::OK);

    proxy.cut_and_refuse();
    let away = (503, "store_unavailable".to_owned(), Some("5".to_owned()));
    assert_eq!(refusal(list(&owner).await).await, away);
    assert_eq!(refusal(sign_in(&server.stranger()).await).await, away);
    let (status, ready) = owner.get("/readyz").await;
    assert_eq!((status.as_u16(), &ready["code"]), (503, &json!("not_ready")));

    proxy.resume();
    let (began, mut ticks) = (Instant::now(), interval(Duration::from_millis(50)));
    while list(&owner).await.status() != StatusCode::OK {
        assert!(began.elapsed() < PATIENCE, "the server does not come back");
        ticks.tick().await;
    }
    assert_eq!(sign_in(&server.stranger()).await.status(), StatusCode::OK);
    server.kill().await;
}
