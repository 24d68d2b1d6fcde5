//! Secrets: in for their hosts, out of everything that comes back.

use std::{collections::BTreeMap, sync::Arc};

use futures::{FutureExt as _, future, future::BoxFuture};
use gathering_domain::{Advice, secret_marker};
use gathering_egress::{
    Egress, EgressRequest, Limits, Secret, SecretSource, SecretSourceError, Sent,
};

use crate::server::{Act, Script, Server, answer, policy};

const VALUE: &str = "s3cr\"t/valüe";

struct Vault(BTreeMap<&'static str, Secret>);

impl SecretSource for Vault {
    fn find_secret<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, SecretSourceError>> {
        let found = match name {
            "BROKEN" => Err(SecretSourceError::Unavailable("no disk".into())),
            "SPOILT" => Err(SecretSourceError::Unusable("another key".into())),
            name => Ok(self.0.get(name).cloned()),
        };
        future::ready(found).boxed()
    }
}

/// A secret that is no stored one, for one host.
fn hidden(value: &str, host: &str) -> Secret {
    Secret { value: value.to_owned().into(), hosts: vec![host.parse().unwrap()] }
}

fn egress(rules: &[&str]) -> Egress {
    let secret = |value: &str, hosts: &[&str]| Secret {
        value: value.to_owned().into(),
        hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
    };
    let vault = BTreeMap::from([
        ("KEY", secret(VALUE, &["api.example"])),
        ("ASCII", secret("plain-value", &["api.example"])),
        ("ELSEWHERE", secret("other-value", &["other.example"])),
        ("NOWHERE", secret("other-value", &[])),
        ("SPLIT", secret("bad\r\nx: 1", &["api.example"])),
    ]);
    Egress::builder()
        .policy(policy(rules))
        .resolver(Script::new(&[&["127.0.0.1"]]))
        .secrets(Arc::new(Vault(vault)))
        .build()
}

#[tokio::test]
async fn markers_become_values_where_they_stand() {
    let server = Server::saying(answer("200 OK", "", "")).await;
    let key = secret_marker("KEY");
    let ascii = secret_marker("ASCII");
    let body = format!(r#"{{"key":"{key}"}}"#);
    let url = server.named("api.example", &format!("/bot{ascii}?k={key}"));
    let request =
        EgressRequest::post_json(&url, body).header("authorization", format!("Bearer {ascii}"));
    egress(&["api.example"]).send(request).await.unwrap();
    let seen = server.requests().remove(0);
    assert!(seen.starts_with("POST /botplain-value?k=s3cr%22t%2Fval%C3%BCe HTTP/1.1"), "{seen}");
    assert!(seen.contains("authorization: Bearer plain-value"), "{seen}");
    assert!(seen.ends_with(r#"{"key":"s3cr\"t/valüe"}"#), "{seen}");
}

#[tokio::test]
async fn a_form_gets_its_value_percent_encoded() {
    let server = Server::saying(answer("200 OK", "", "")).await;
    let request = EgressRequest::new(http::Method::POST, server.named("api.example", "/"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(format!("k={}&x=1", secret_marker("KEY")));
    egress(&["api.example"]).send(request).await.unwrap();
    assert!(server.requests()[0].ends_with("k=s3cr%22t%2Fval%C3%BCe&x=1"));
}

#[tokio::test]
async fn secrets_for_other_hosts_unknown_ones_and_open_connections_stop_the_request() {
    let server = Server::saying(answer("200 OK", "", "")).await;
    let at = |host: &str, secret: &str| {
        EgressRequest::get(server.named(host, "/")).header("x-key", secret_marker(secret))
    };
    // A range opens the address, but names no host to which unencrypted secrets may go.
    for (rules, request, code) in [
        (&["api.example"][..], at("api.example", "ELSEWHERE"), "secret_refused"),
        (&["api.example"], at("api.example", "NOWHERE"), "secret_refused"),
        (&["api.example"], at("api.example", "UNKNOWN"), "unknown_secret"),
        (&["api.example"], at("api.example", "BROKEN"), "secret_unavailable"),
        (&["api.example"], at("api.example", "SPLIT"), "invalid_header"),
        (&["127.0.0.0/8"], at("api.example", "ASCII"), "secret_refused"),
    ] {
        let error = egress(rules).send(request).await.unwrap_err();
        assert_eq!((error.kind.code(), error.sent), (code, Sent::No), "{error:?}");
        let told = format!("{error:?} {}", error.story());
        assert!(!told.contains("value") && !told.contains("x: 1"), "{told}");
    }
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn an_echoing_server_cannot_tell_the_value_to_anyone() {
    // The body comes in pieces that cut the value.
    let head = "HTTP/1.1 200 OK\r\nx-echo: Bearer plain-value\r\nconnection: close\r\n\r\n";
    let server = Server::start(move |_| {
        let mut acts = vec![Act::Say(head.as_bytes().to_vec())];
        acts.extend("you sent plain-val".chars().map(|c| Act::Say(c.to_string().into_bytes())));
        acts.push(Act::Say(b"ue and hidden-key, plain-valu".to_vec()));
        acts
    })
    .await;
    let marker = secret_marker("ASCII");
    let request = EgressRequest::get(server.named("api.example", "/"))
        .header("authorization", format!("Bearer {marker}"))
        .secret_header("x-api-key", "", hidden("hidden-key", "api.example"));
    let answer = egress(&["api.example"]).send(request).await.unwrap();
    let echoed = answer.headers()["x-echo"].as_bytes().to_vec();
    assert_eq!(String::from_utf8(echoed).unwrap(), "Bearer [secret:ASCII]");
    let body = answer.bytes().await.unwrap();
    assert_eq!(
        String::from_utf8(body.to_vec()).unwrap(),
        "you sent [secret:ASCII] and [secret:hidden], plain-valu"
    );
}

#[tokio::test]
async fn a_secret_header_goes_to_its_hosts_and_nowhere_else() {
    let server = Server::saying(answer("200 OK", "", "")).await;
    let url = server.named("api.example", "/");
    let ask = |secret| EgressRequest::get(&url).secret_header("x-api-key", "", secret);
    for secret in [
        hidden("hidden-key", "other.example"),
        hidden("hidden-key", "api.example:1"),
        Secret { hosts: vec![], ..hidden("hidden-key", "a") },
    ] {
        let refused = egress(&["api.example"]).send(ask(secret)).await.unwrap_err();
        assert_eq!((refused.kind.code(), refused.sent), ("secret_refused", Sent::No));
        assert!(!refused.story().contains("hidden-key"));
    }
    // In clear text it goes only where the rules open the host by name.
    let by_range = egress(&["127.0.0.0/8"]).send(ask(hidden("hidden-key", "api.example"))).await;
    assert_eq!(by_range.unwrap_err().kind.code(), "secret_refused");
    assert!(server.requests().is_empty());
    egress(&["api.example"]).send(ask(hidden("hidden-key", "api.example"))).await.unwrap();
    assert!(server.requests()[0].contains("x-api-key: hidden-key"));
}

#[tokio::test]
async fn a_marker_in_a_redirect_is_not_replaced() {
    let server = Server::start(|request| {
        let say = if request.starts_with("GET /first") {
            answer("302 Found", "location: /second?k=%E2%9F%A6secret:ASCII%E2%9F%A7\r\n", "")
        } else {
            answer("200 OK", "", "")
        };
        vec![Act::Say(say)]
    })
    .await;
    egress(&["api.example"])
        .send(EgressRequest::get(server.named("api.example", "/first")))
        .await
        .unwrap();
    let seen = server.requests();
    assert!(seen[1].starts_with("GET /second?k=%E2%9F%A6secret:ASCII%E2%9F%A7 "), "{seen:?}");
}

/// A server that answers the first request with a redirect to `location`, and then repeats what it
/// was asked.
async fn redirecting(location: &'static str) -> Server {
    Server::start(move |request| {
        let asked = request.lines().next().unwrap_or_default().to_owned();
        let say = if asked.contains("/first") {
            answer("302 Found", &format!("location: {location}\r\n"), "")
        } else {
            answer("200 OK", "", &asked)
        };
        vec![Act::Say(say)]
    })
    .await
}

#[tokio::test]
async fn a_secret_in_the_url_stays_hidden_after_a_redirect() {
    let marker = secret_marker("ASCII");
    for location in ["/bot/plain-value/x?key=plain-value", "/bot/%70lain-value/x"] {
        let server = redirecting(location).await;
        let url = server.named("api.example", &format!("/first?key={marker}"));
        let answer = egress(&["api.example"]).send(EgressRequest::get(url)).await.unwrap();
        assert!(!answer.url().contains("lain-value"), "{}", answer.url());
        let body = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
        assert!(!body.contains("plain-value"), "{body}");
        assert!(server.requests()[1].contains("lain-value/x"), "the redirect was followed");
    }
}

#[tokio::test]
async fn a_redirect_takes_no_secret_to_another_host() {
    let marker = secret_marker("ASCII");
    for location in [
        "http://other.example/?key=plain-value",
        "http://other.example/%70lain%2Dvalue",
        "http://plain-value.other.example/",
    ] {
        let server = redirecting(location).await;
        let url = server.named("api.example", &format!("/first?key={marker}"));
        let rules = ["api.example", "other.example", "*.other.example"];
        let error = egress(&rules).send(EgressRequest::get(url)).await.unwrap_err();
        assert_eq!(error.kind.code(), "redirect_refused", "{location}");
        let told = format!("{error:?} {error} {}", error.story());
        assert!(!told.contains("lain-value") && !told.contains("lain%2Dvalue"), "{told}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_failure_after_a_redirect_shows_no_secret() {
    let server = redirecting("/bot/plain-value/..%2F/x").await;
    let url = server.named("api.example", &format!("/first?key={}", secret_marker("ASCII")));
    // The second hop fails: its answer is cut.
    let limits = Limits { body_bytes: 1, ..Limits::default() };
    let request = EgressRequest::get(url).limits(limits);
    let answer = egress(&["api.example"]).send(request).await.unwrap();
    let error = answer.bytes().await.unwrap_err();
    let told = format!("{error:?} {error} {}", error.story());
    assert!(!told.contains("plain-value"), "{told}");
}

#[tokio::test]
async fn errors_and_debug_text_show_no_secret() {
    let egress = egress(&["api.example"]);
    let request = EgressRequest::get(format!("http://api.example:1/?k={}", secret_marker("ASCII")))
        .secret_header("authorization", "Bearer ", hidden("hidden-key", "api.example"));
    let shown = format!("{request:?} {egress:?}");
    let error = egress.send(request).await.unwrap_err();
    let told = format!("{shown} {error:?} {error} {}", error.story());
    assert!(!told.contains("plain-value") && !told.contains("hidden-key"), "{told}");
}

#[tokio::test]
async fn only_a_store_that_does_not_answer_is_asked_again() {
    for (name, advice) in [
        ("BROKEN", Advice::Retry { after: None }),
        ("SPOILT", Advice::Fail),
        ("NONE", Advice::Fail),
    ] {
        let url = format!("http://api.example:1/?k={}", secret_marker(name));
        let error = egress(&["api.example"]).send(EgressRequest::get(url)).await.unwrap_err();
        assert_eq!(error.advice(), advice, "{name}");
    }
}

#[tokio::test]
async fn the_words_of_others_ask_for_no_secret() {
    let server = Server::saying(answer("200 OK", "", "")).await;
    for name in ["ASCII", "UNKNOWN"] {
        let body = format!(r#"{{"page":"{}"}}"#, secret_marker(name));
        let request = EgressRequest::post_json(server.named("api.example", "/"), body.clone())
            .secret_header("x-api-key", "", hidden("hidden-key", "api.example"))
            .verbatim();
        egress(&["api.example"]).send(request).await.unwrap();
        let seen = server.requests().pop().unwrap();
        assert!(seen.ends_with(&body) && seen.contains("x-api-key: hidden-key"), "{seen}");
    }
    assert!(!server.requests().concat().contains("plain-value"), "a marker is text");
}
