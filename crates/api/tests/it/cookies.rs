//! Sessions of browsers: the cookie, and who may make a browser send it.

use gathering_api::{Options, Site};
use gathering_domain::{Duration, Role};
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use crate::support::{Answer, Asked, Bench, PASSWORD};

const LOGIN: &str = "/api/v1/auth/login";
const ME: &str = "/api/v1/auth/me";
const AGENTS: &str = "/api/v1/agents";
const MEMBER: &str = "member@example.com";

/// A browser that is signed in.
struct Browser {
    cookie: String,
    csrf: String,
}

impl Browser {
    fn of(answer: &Answer) -> Self {
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        Self { cookie, csrf: answer.json()["csrf_token"].as_str().unwrap().to_owned() }
    }

    fn token(&self) -> &str {
        self.cookie.split_once('=').unwrap().1
    }

    /// What a page of ours asks.
    fn asks(&self, method: &str, path: &str) -> Asked {
        self.sends(method, path).header("x-csrf-token", &self.csrf)
    }

    /// What a page of anybody can make it send.
    fn sends(&self, method: &str, path: &str) -> Asked {
        Asked::new(method, path).header("cookie", &self.cookie)
    }
}

fn login() -> Asked {
    let body = json!({ "email": MEMBER, "password": PASSWORD, "cookie": true });
    Asked::new("POST", LOGIN).json(&body)
}

async fn browser(bench: &Bench) -> Browser {
    bench.token(Role::Member).await;
    Browser::of(&bench.ask(login()).await)
}

/// Status and code of an answer; of one that went well the status alone.
fn outcome(answer: &Answer) -> (u16, String) {
    let status = answer.status.as_u16();
    if status < 400 { (status, String::new()) } else { answer.problem() }
}

fn is(answer: &Answer, status: u16, code: &str) {
    assert_eq!(outcome(answer), (status, code.to_owned()), "{}", answer.text());
}

each_database! {
    async fn a_browser_signs_in_works_changes_its_password_and_signs_out(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        bench.token(Role::Member).await;
        let answer = bench.ask(login()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["token"], Value::Null, "no script may read it");
        let (set, rest) = answer.header("set-cookie").split_once("; ").unwrap();
        assert!(set.starts_with("gathering_session=gts_"), "{set}");
        assert_eq!(rest, "Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict");
        let browser = Browser::of(&answer);
        let me = bench.ask(browser.sends("GET", ME)).await.ok();
        assert_eq!(me["csrf_token"], browser.csrf.as_str());
        assert_eq!(me["credential"]["type"], "session");
        let by_header = bench.get(ME, browser.token()).await;
        assert_eq!(by_header.get("csrf_token"), None, "a program needs none");
        let made = browser.asks("POST", AGENTS).json(&crate::support::agent("helper"));
        assert_eq!(bench.ask(made).await.status, 201);

        let other = Browser::of(&bench.ask(login()).await);
        let change = json!({ "current": PASSWORD, "new": "plum orbit kettle 42" });
        let answer = bench.ask(browser.asks("POST", "/api/v1/auth/password").json(&change)).await;
        assert_eq!(answer.status, 200);
        let changed = Browser::of(&answer);
        assert_ne!((&changed.cookie, &changed.csrf), (&browser.cookie, &browser.csrf));
        for old in [&browser, &other] {
            is(&bench.ask(old.sends("GET", ME)).await, 401, "unauthenticated");
        }
        assert_eq!(bench.ask(changed.sends("GET", ME)).await.status, 200);
        let old_csrf = changed.sends("POST", "/api/v1/auth/logout").header("x-csrf-token", &browser.csrf);
        is(&bench.ask(old_csrf).await, 403, "csrf_failed");
        let out = bench.ask(changed.asks("POST", "/api/v1/auth/logout")).await;
        assert_eq!(out.status, 204);
        assert_eq!(
            out.header("set-cookie"),
            "gathering_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
        );
        assert_eq!(out.header("clear-site-data"), "\"cache\", \"storage\"");
        assert_eq!(answer.header("clear-site-data"), "", "only at the end");
        is(&bench.ask(changed.sends("GET", ME)).await, 401, "unauthenticated");
    }

    async fn a_session_ends_when_its_browser_keeps_another(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let before = browser(&bench).await;
        let elsewhere = Browser::of(&bench.ask(login()).await);
        let after = login().header("cookie", &before.cookie);
        let after = Browser::of(&bench.ask(after).await);
        is(&bench.ask(before.sends("GET", ME)).await, 401, "unauthenticated");
        for still in [&elsewhere, &after] {
            assert_eq!(bench.ask(still.sends("GET", ME)).await.status, 200);
        }
        // Of a program that signs in beside a cookie nothing is replaced.
        let body = json!({ "email": MEMBER, "password": PASSWORD });
        let program = Asked::new("POST", LOGIN).json(&body).header("cookie", &after.cookie);
        assert_eq!(bench.ask(program).await.status, 200);
        // What is no session any more is in nobody's way.
        let again = login().header("cookie", &before.cookie);
        assert_eq!(bench.ask(again).await.status, 200);
        assert_eq!(bench.ask(after.sends("GET", ME)).await.status, 200);
    }

    async fn a_browser_hears_events_until_its_session_is_ended(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let browser = browser(&bench).await;
        let stream = browser.sends("GET", "/api/v1/events").header("sec-fetch-site", "same-origin");
        let mut events = bench.stream(stream).await;
        let sessions = bench.ask(browser.sends("GET", "/api/v1/auth/sessions")).await.ok();
        let current = sessions["items"].as_array().unwrap().iter().find(|it| it["current"] == true);
        let path = format!("/api/v1/auth/sessions/{}", current.unwrap()["id"].as_str().unwrap());
        let ended = bench.ask(browser.asks("DELETE", &path)).await;
        assert_eq!(ended.status, 204);
        assert!(ended.header("set-cookie").contains("Max-Age=0"));
        assert_eq!(events.next().await.unwrap().data["code"], "unauthenticated");
    }
}

#[tokio::test]
async fn only_pages_of_ours_may_ask_by_the_cookie() {
    let site = Site { public_url: Some("https://team.example".to_owned()), ..Site::default() };
    let bench = Bench::at(Place::sqlite(), Options::default(), site).await;
    let browser = browser(&bench).await;
    let (origin, fetch, csrf) = ("origin", "sec-fetch-site", "x-csrf-token");
    let own = browser.csrf.as_str();
    let validate = ("POST", "/api/v1/pipelines/validate");
    let (fine, failed) = ((200, ""), (403, "csrf_failed"));
    for ((method, path), headers, (status, code)) in [
        (("GET", ME), &[][..], fine),
        (("HEAD", ME), &[], fine),
        (("GET", ME), &[(fetch, "same-origin")], fine),
        (("GET", ME), &[(fetch, "none")], fine),
        (("GET", ME), &[(fetch, "same-site")], failed),
        (("GET", ME), &[(fetch, "cross-site")], failed),
        (("GET", ME), &[(fetch, "cross-site"), ("sec-fetch-mode", "navigate")], failed),
        (("GET", ME), &[(origin, "https://evil.example")], failed),
        (("GET", ME), &[(origin, "http://test")], fine),
        (("GET", "/api/v1/events"), &[(fetch, "cross-site")], failed),
        (validate, &[], failed),
        (validate, &[(csrf, "")], failed),
        (validate, &[(csrf, "AAAA")], failed),
        (validate, &[(csrf, browser.token())], failed),
        (validate, &[(csrf, own), (csrf, own)], failed),
        (validate, &[(csrf, own)], fine),
        (validate, &[(csrf, own), (origin, "http://test")], fine),
        (validate, &[(csrf, own), (origin, "https://test")], fine),
        (validate, &[(csrf, own), (origin, "https://team.example")], fine),
        (validate, &[(csrf, own), (origin, "https://team.example:444")], failed),
        (validate, &[(csrf, own), (origin, "http://team.example")], failed),
        (validate, &[(csrf, own), (origin, "null")], failed),
        (validate, &[(csrf, own), (origin, "http://evil.example")], failed),
        (validate, &[(csrf, own), (fetch, "same-origin")], fine),
        (validate, &[(csrf, own), (fetch, "same-site")], failed),
        (validate, &[(csrf, own), (fetch, "cross-site")], failed),
    ] {
        let mut asked = browser.sends(method, path);
        for (name, value) in headers {
            asked = asked.header(name, value);
        }
        if method == "POST" {
            asked = asked.json(&crate::support::echo("p"));
        }
        let answer = bench.ask(asked).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{method} {path} {headers:?}: {}",
            answer.text()
        );
        if method != "HEAD" {
            assert_eq!(outcome(&answer), (status, code.to_owned()), "{method} {headers:?}");
        }
    }
    // Pages are for whoever follows a link.
    let link = browser.sends("GET", "/").header(fetch, "cross-site");
    assert_eq!(bench.ask(link).await.status, 200);
    // With the token in the header nothing of this matters: no other site can make a browser send it.
    let program =
        Asked::new(validate.0, validate.1).token(browser.token()).header(fetch, "cross-site");
    assert_eq!(bench.ask(program.json(&crate::support::echo("p"))).await.status, 200);
}

#[tokio::test]
async fn no_other_site_signs_a_browser_in() {
    let bench = Bench::new().await;
    let link = bench.setup_token().await;
    let (origin, fetch) = ("origin", "sec-fetch-site");
    let setup = json!({
        "token": link, "email": "o@example.com", "name": "O", "password": PASSWORD, "cookie": true,
    });
    let setup = Asked::new("POST", "/api/v1/auth/setup").json(&setup);
    is(&bench.ask(setup.clone().header(fetch, "cross-site")).await, 403, "csrf_failed");
    let made = bench.ask(setup.header(fetch, "same-origin")).await;
    assert_eq!(made.status, 201);
    assert!(made.header("set-cookie").starts_with("gathering_session=gts_"));

    bench.token(Role::Member).await;
    for (name, value, status) in [
        (origin, "http://test", 200),
        (origin, "http://evil.example", 403),
        (origin, "null", 403),
        (fetch, "same-origin", 200),
        (fetch, "cross-site", 403),
        (fetch, "same-site", 403),
    ] {
        let answer = bench.ask(login().header(name, value)).await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {value}");
        assert_eq!(answer.header("set-cookie").is_empty(), status == 403);
    }
    // What a program is told in the body no page can make a browser keep.
    let body = json!({ "email": MEMBER, "password": PASSWORD });
    let program = Asked::new("POST", LOGIN).json(&body).header(fetch, "cross-site");
    let answer = bench.ask(program).await;
    assert_eq!((answer.status.as_u16(), answer.header("set-cookie")), (200, ""));
}

#[tokio::test]
async fn over_https_the_cookie_is_for_this_host_alone() {
    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let site = Site { trusted_proxies, ..Site::default() };
    let bench = Bench::at(Place::sqlite(), Options::default(), site).await;
    bench.token(Role::Member).await;
    let https = |asked: Asked| {
        asked.header("x-forwarded-proto", "https").header("x-forwarded-for", "203.0.113.9")
    };
    let answer = bench.ask(https(login())).await;
    let (set, rest) = answer.header("set-cookie").split_once("; ").unwrap();
    assert!(set.starts_with("__Host-gathering=gts_"), "{set}");
    assert_eq!(rest, "Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure");
    let browser = Browser::of(&answer);
    assert_eq!(bench.ask(https(browser.sends("GET", ME))).await.status, 200);
    // The name that anybody on the network can plant counts for nothing here, and this one not there.
    let planted = format!("gathering_session={}", browser.token());
    let planted = Asked::new("GET", ME).header("cookie", &planted);
    is(&bench.ask(https(planted)).await, 401, "unauthenticated");
    is(&bench.ask(browser.sends("GET", ME)).await, 401, "unauthenticated");
    let out = bench.ask(https(browser.asks("POST", "/api/v1/auth/logout"))).await;
    assert_eq!(
        out.header("set-cookie"),
        "__Host-gathering=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure"
    );
}

#[tokio::test]
async fn the_cookie_of_a_site_that_is_reached_over_https_is_for_that_alone() {
    // Nobody told the server of the proxy that takes the encryption off.
    let site = Site { public_url: Some("https://team.example".to_owned()), ..Site::default() };
    let bench = Bench::at(Place::sqlite(), Options::default(), site).await;
    bench.token(Role::Member).await;
    let page = [("origin", "https://team.example"), ("x-forwarded-proto", "https")];
    let by_page =
        |asked: Asked| page.iter().fold(asked, |asked, (name, is)| asked.header(name, is));
    let answer = bench.ask(by_page(login())).await;
    let (set, rest) = answer.header("set-cookie").split_once("; ").unwrap();
    assert!(set.starts_with("__Host-gathering=gts_"), "{set}");
    assert!(rest.ends_with("; Secure"), "{rest}");
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    let browser = Browser::of(&answer);
    assert_eq!(bench.ask(by_page(browser.sends("GET", ME))).await.status, 200);
    // Pages on the machine itself go on, where browsers take such a cookie without encryption.
    let local = browser.asks("POST", "/api/v1/auth/logout").header("origin", "http://test");
    let out = bench.ask(local).await;
    assert_eq!((out.status.as_u16(), out.header("set-cookie").ends_with("; Secure")), (204, true));
}

#[tokio::test]
async fn header_and_cookie_come_together_only_if_they_agree() {
    let bench = Bench::new().await;
    let browser = browser(&bench).await;
    let other = bench.token(Role::Viewer).await;
    let both = |token: &str| browser.sends("POST", "/api/v1/pipelines/validate").token(token);
    let body = crate::support::echo("p");
    is(&bench.ask(both(&other).json(&body)).await, 400, "invalid_header");
    // The same one counts as the header: it needs no token against forgery.
    assert_eq!(bench.ask(both(browser.token()).json(&body)).await.status, 200);
    let two = browser.sends("GET", ME).header("cookie", &format!("gathering_session={other}"));
    is(&bench.ask(two).await, 400, "invalid_header");
    // A proxy that asks for a password of its own is none of our business.
    let basic = browser.sends("GET", ME).header("authorization", "Basic YTpi");
    assert_eq!(bench.ask(basic).await.status, 200);
    for forged in ["gts_forged", "x", &"g".repeat(5_000)] {
        let asked = Asked::new("GET", ME).header("cookie", &format!("gathering_session={forged}"));
        is(&bench.ask(asked).await, 401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_cookie_lasts_no_longer_than_its_session_and_takes_no_key() {
    let bench = Bench::new().await;
    let browser = browser(&bench).await;
    let body = json!({ "name": "ci", "scopes": ["read"] });
    let key = bench.ask(browser.asks("POST", "/api/v1/api-keys").json(&body)).await.ok();
    let key = format!("gathering_session={}", key["token"].as_str().unwrap());
    is(&bench.ask(Asked::new("GET", ME).header("cookie", &key)).await, 401, "unauthenticated");
    bench.pass(Duration::from_secs(7 * 24 * 3600));
    is(&bench.ask(browser.sends("GET", ME)).await, 401, "unauthenticated");
}
