//! How often callers and addresses may ask, over HTTP.

use std::collections::BTreeSet;

use gathering_api::{Options, RateLimits};
use gathering_domain::{Duration, Rate, Role};
use gathering_testkit::Place;
use serde_json::json;

use crate::support::{Answer, Asked, Bench, PASSWORD};

const LOGIN: &str = "/api/v1/auth/login";
const ME: &str = "/api/v1/auth/me";
const RUNS: &str = "/api/v1/runs";
const REFUSED: &str = "too_many_requests";

fn rate(text: &str) -> Option<Rate> {
    Some(text).map(|text| text.parse().unwrap())
}

async fn limited(rates: RateLimits) -> Bench {
    Bench::open(Place::sqlite(), within(rates)).await
}

fn within(rates: RateLimits) -> Options {
    Options { rates, ..Options::default() }
}

fn get(path: &str, token: &str) -> Asked {
    Asked::new("GET", path).token(token)
}

fn sign_in(email: &str, password: &str) -> Asked {
    Asked::new("POST", LOGIN).json(&json!({ "email": email, "password": password }))
}

/// Limit, what is left, when all is back, and the policy.
fn told(answer: &Answer) -> [&str; 4] {
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "ratelimit-policy"]
        .map(|name| answer.header(name))
}

#[tokio::test]
async fn a_caller_is_told_how_they_stand_and_refused_when_they_ask_too_often() {
    let bench = limited(RateLimits { read: rate("1/s burst 2"), ..RateLimits::default() }).await;
    let token = bench.token(Role::Viewer).await;
    let policy = "2;w=2;comment=\"read\"";
    let answers = [
        bench.ask(get(RUNS, &token)).await,
        // Another path of the class, and a refusal of another kind: both count.
        bench.ask(get("/api/v1/system/instances", &token)).await,
        bench.ask(get(ME, &token)).await,
    ];
    assert_eq!(answers.each_ref().map(|answer| answer.status.as_u16()), [200, 403, 429]);
    assert_eq!(told(&answers[0]), ["2", "1", "1", policy]);
    assert_eq!(told(&answers[1]), ["2", "0", "2", policy]);
    assert_eq!(told(&answers[2]), ["2", "0", "1", policy]);
    assert_eq!(answers[2].problem(), (429, REFUSED.to_owned()));
    assert_eq!(answers[2].header("retry-after"), "1");
    // Neither another class nor another caller is concerned.
    let write = bench.ask(Asked::new("POST", "/api/v1/pipelines/validate").token(&token)).await;
    assert_ne!(write.status, 429);
    assert_eq!(told(&write), [""; 4]);
    let other = bench.token(Role::Operator).await;
    assert_eq!(bench.ask(get(RUNS, &other)).await.status, 200);
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.ask(get(RUNS, &token)).await.status, 200);
}

#[tokio::test]
async fn one_person_with_many_tokens_and_addresses_has_one_rate() {
    let bench = limited(RateLimits { read: rate("1/h burst 3"), ..RateLimits::default() }).await;
    let mut passed = 0;
    for n in 1..=6 {
        let token = bench.token(Role::Viewer).await;
        let answer = bench.ask_from(&format!("127.0.0.{n}"), &get(RUNS, &token)).await;
        passed += u32::from(answer.status == 200);
    }
    assert_eq!(passed, 3);
}

#[tokio::test]
async fn health_is_told_however_often_it_is_asked_for() {
    let none = rate("1/h");
    let rates = RateLimits {
        sign_in: none,
        read: none,
        write: none,
        stream: none,
        expensive: none,
        no_token: none,
        ..RateLimits::default()
    };
    let bench = limited(rates).await;
    for _ in 0..20 {
        let answer = bench.ask(Asked::new("GET", "/healthz")).await;
        assert_eq!((answer.status.as_u16(), told(&answer)), (200, [""; 4]));
    }
}

#[tokio::test]
async fn an_address_with_bad_tokens_is_refused_before_the_store_is_asked() {
    let bench =
        limited(RateLimits { no_token: rate("1/m burst 3"), ..RateLimits::default() }).await;
    let token = bench.token(Role::Viewer).await;
    let early = bench.ask(get(RUNS, &token)).await;
    assert_eq!((early.status.as_u16(), told(&early)), (200, [""; 4]));
    let bad = |n: u32| get(RUNS, &format!("gts_{n:043}"));
    for (asked, status) in [
        (Asked::new("GET", RUNS), 401),
        (bad(1), 401),
        (bad(2), 401),
        (bad(3), 429),
        (Asked::new("POST", "/api/v1/agents"), 429),
    ] {
        let answer = bench.ask(asked).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("ratelimit-policy"), "3;w=180;comment=\"no_token\"");
        assert_eq!(answer.header("retry-after"), if status == 429 { "60" } else { "" });
    }
    // Those who are at work behind that address go on, and those who sign in there begin.
    assert_eq!(bench.ask(get(RUNS, &token)).await.status, 200);
    let newcomer = bench.token(Role::Operator).await;
    assert_eq!(bench.ask(get(RUNS, &newcomer)).await.status, 200);
    let key = json!({ "name": "ci", "scopes": ["read"] });
    let key = bench.post("/api/v1/api-keys", &newcomer, &key).await;
    assert_eq!(bench.ask(get(RUNS, key["token"].as_str().unwrap())).await.status, 200);
    // A token that has ended is as good as none.
    assert_eq!(
        bench.ask(Asked::new("POST", "/api/v1/auth/logout").token(&token)).await.status,
        204
    );
    assert_eq!(bench.ask(get(RUNS, &token)).await.status, 401);
    assert_eq!(bench.ask(get(RUNS, &token)).await.status, 429);
}

#[tokio::test]
async fn sign_ins_are_counted_by_address() {
    let bench = limited(RateLimits { sign_in: rate("1/m burst 2"), ..RateLimits::default() }).await;
    for (from, status, left, back) in [
        ("127.0.0.1", 401, "1", "60"),
        ("127.0.0.1", 401, "0", "120"),
        ("127.0.0.1", 429, "0", "60"),
        ("127.0.0.2", 401, "1", "60"),
    ] {
        let answer = bench.ask_from(from, &sign_in("nobody@example.com", "wrong")).await;
        assert_eq!(answer.status, status, "{from}");
        assert_eq!(told(&answer), ["2", left, back, "2;w=120;comment=\"sign_in\""]);
    }
}

#[tokio::test]
async fn an_account_that_is_guessed_lets_in_those_whom_it_knows_and_tells_nothing() {
    let rates = RateLimits { failed_account: rate("2/h"), ..RateLimits::default() };
    let bench = limited(rates).await;
    bench.token(Role::Viewer).await;
    let mut answers = Vec::new();
    for email in ["viewer@example.com", "nobody@example.com"] {
        let mut of_one = Vec::new();
        for n in 10..14 {
            let answer = bench.ask_from(&format!("127.0.0.{n}"), &sign_in(email, "wrong")).await;
            let mut body = answer.json();
            body.as_object_mut().unwrap().remove("request_id");
            of_one.push((answer.status.as_u16(), answer.header("retry-after").to_owned(), body));
        }
        let statuses: Vec<_> = of_one.iter().map(|(status, ..)| *status).collect();
        assert_eq!(statuses, [401, 401, 429, 429], "{email}");
        answers.push(of_one);
    }
    assert_eq!(answers[0], answers[1]);
    let right = sign_in("viewer@example.com", PASSWORD);
    // The test's own address has signed in before.
    assert_eq!(bench.ask(right.clone()).await.status, 200);
    assert_eq!(bench.ask_from("127.0.0.20", &right).await.status, 429);
    // Whoever looks for why somebody was kept out finds it in the trail.
    let owner = bench.token(Role::Owner).await;
    let told = bench.get("/api/v1/audit?limit=200&action=access.refuse", &owner).await;
    let told = told["items"].as_array().unwrap().iter().map(|item| &item["entry"]);
    let kept_out: BTreeSet<_> = told
        .filter(|entry| entry["detail"]["code"] == REFUSED)
        .map(|entry| entry["address"].as_str().unwrap())
        .collect();
    assert_eq!(kept_out, ["127.0.0.12", "127.0.0.13", "127.0.0.20"].into());
    bench.pass(Duration::from_secs(1_800));
    assert_eq!(bench.ask_from("127.0.0.20", &right).await.status, 200);
}

#[tokio::test]
async fn a_token_that_an_instance_has_not_seen_is_found_behind_an_address_with_bad_ones() {
    let rates = RateLimits { no_token: rate("1/m burst 3"), ..RateLimits::default() };
    let before = Bench::open(Place::postgres().await, within(rates)).await;
    let tokens = [before.token(Role::Viewer).await, before.token(Role::Operator).await];
    let bench = before.beside_within(within(rates)).await;
    let bad = |n: u32| get(RUNS, &format!("gts_{n:042}A"));
    for n in 0..3 {
        assert_eq!(bench.ask(bad(n)).await.status, 401);
    }
    assert_eq!(bench.ask(bad(3)).await.status, 429);
    // It is looked for although there were too many, and known from then on.
    assert_eq!(bench.ask(get(RUNS, &tokens[0])).await.status, 200);
    // As many looks are made for the others: not for what is no token, and then for no more.
    for _ in 0..100 {
        assert_eq!(bench.ask(get(RUNS, "gts_short")).await.status, 429);
    }
    for n in 4..100 {
        assert_eq!(bench.ask(bad(n)).await.status, 429);
    }
    assert_eq!(bench.ask(get(RUNS, &tokens[1])).await.status, 429);
    assert_eq!(bench.ask(get(RUNS, &tokens[0])).await.status, 200);
    // Others are not concerned, and the next look comes soon.
    assert_eq!(bench.ask_from("127.0.0.2", &get(RUNS, &tokens[1])).await.status, 200);
    let third = before.token(Role::Member).await;
    assert_eq!(bench.ask(get(RUNS, &third)).await.status, 429);
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.ask(get(RUNS, &third)).await.status, 200);
}

/// The statuses of tries to sign in from each of these addresses.
async fn tried(bench: &Bench, from: &[&str], asked: &Asked) -> Vec<u16> {
    let mut statuses = Vec::new();
    for address in from {
        statuses.push(bench.ask_from(address, asked).await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn an_instance_that_has_just_started_knows_from_the_store_from_where_an_account_signs_in() {
    let (few, none) = (rate("2/h"), None);
    for (failed_account, failed_total) in [(few, none), (none, few)] {
        let rates = RateLimits { failed_account, failed_total, ..RateLimits::default() };
        let before = Bench::open(Place::postgres().await, within(rates)).await;
        before.token(Role::Viewer).await;
        let bench = before.beside_within(within(rates)).await;
        let wrong = sign_in("viewer@example.com", "wrong");
        let strangers = ["127.0.0.10", "127.0.0.11", "127.0.0.12"];
        assert_eq!(tried(&bench, &strangers, &wrong).await, [401, 401, 429]);
        let right = sign_in("viewer@example.com", PASSWORD);
        assert_eq!(tried(&bench, &["127.0.0.20", "127.0.0.1"], &right).await, [429, 200]);
        // Another account does not gain by it.
        let other = sign_in("owner@example.com", "wrong");
        let status = if failed_total.is_some() { 429 } else { 401 };
        assert_eq!(tried(&bench, &["127.0.0.1"], &other).await, [status]);
        // After a month that was long ago.
        bench.pass(Duration::from_secs(31 * 24 * 3_600));
        assert_eq!(tried(&bench, &strangers, &wrong).await, [401, 401, 429]);
        assert_eq!(tried(&bench, &["127.0.0.1"], &right).await, [429]);
    }
}

#[tokio::test]
async fn a_password_is_guessed_no_faster_by_a_session_of_its_account() {
    let rates = RateLimits { failed_pair: rate("3/h"), ..RateLimits::default() };
    let bench = limited(rates).await;
    let token = bench.token(Role::Viewer).await;
    let key = json!({ "name": "ci", "scopes": ["read"] });
    let key = bench.post("/api/v1/api-keys", &token, &key).await;
    let change = |token: &str, current: &str| {
        let body = json!({ "current": current, "new": "plum orbit kettle 42" });
        Asked::new("POST", "/api/v1/auth/password").token(token).json(&body)
    };
    for (current, refused) in [
        ("not the one", (401, "wrong_credentials")),
        ("nor this one", (401, "wrong_credentials")),
        ("or this one", (401, "wrong_credentials")),
        ("nor that one", (429, REFUSED)),
        (PASSWORD, (429, REFUSED)),
    ] {
        let answer = bench.ask(change(&token, current)).await.problem();
        assert_eq!(answer, (refused.0, refused.1.to_owned()), "{current}");
    }
    // They count together with sign-ins, and those of other accounts do not.
    let again = bench.ask(sign_in("viewer@example.com", PASSWORD)).await;
    assert_eq!(again.problem(), (429, REFUSED.to_owned()));
    let other = bench.token(Role::Member).await;
    assert_eq!(bench.ask(change(&other, PASSWORD)).await.status, 200);
    let by_key = bench.ask(change(key["token"].as_str().unwrap(), PASSWORD)).await;
    assert_eq!(by_key.problem(), (403, "session_required".to_owned()));
    // What was right costs nothing.
    bench.pass(Duration::from_secs(1_200));
    assert_eq!(bench.ask(change(&token, PASSWORD)).await.status, 200);
}

#[tokio::test]
async fn two_instances_together_let_through_at_most_twice_as_many() {
    let rates = RateLimits {
        read: rate("1/h burst 5"),
        sign_in: rate("1/h burst 5"),
        ..RateLimits::default()
    };
    let one = Bench::open(Place::postgres().await, within(rates)).await;
    let token = one.token(Role::Viewer).await;
    let two = one.beside_within(within(rates)).await;
    let (mut reads, mut sign_ins) = (0, 0);
    for n in 0..30 {
        let bench = if n % 2 == 0 { &one } else { &two };
        reads += u32::from(bench.ask(get(RUNS, &token)).await.status == 200);
        let tried = bench.ask_from("127.0.0.9", &sign_in("nobody@example.com", "wrong")).await;
        sign_ins += u32::from(tried.status == 401);
    }
    assert_eq!((reads, sign_ins), (2 * 5, 2 * 5));
}
