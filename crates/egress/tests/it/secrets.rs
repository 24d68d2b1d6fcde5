//! Secrets: in for their hosts, out of everything that comes back.

use std::{collections::BTreeMap, sync::Arc};

use futures::{FutureExt as _, future, future::BoxFuture};
use gathering_domain::secret_marker;
use gathering_egress::{Egress, EgressRequest, Secret, SecretSource, SecretSourceError, Sent};

use crate::server::{Act, Script, Server, answer, policy};

const VALUE: &str = "s3cr\"t/valüe";

struct Vault(BTreeMap<&'static str, Secret>);

impl SecretSource for Vault {
    fn find_secret<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Secret>, SecretSourceError>> {
        let found = match name {
            "BROKEN" => Err(SecretSourceError("no disk".into())),
            name => Ok(self.0.get(name).cloned()),
        };
        future::ready(found).boxed()
    }
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
        .secret_header("x-api-key", "", "hidden-key".to_owned().into());
    let answer = egress(&["api.example"]).send(request).await.unwrap();
    let echoed = answer.headers()["x-echo"].as_bytes().to_vec();
    assert_eq!(String::from_utf8(echoed).unwrap(), format!("Bearer {marker}"));
    let body = answer.bytes().await.unwrap();
    let hidden = secret_marker("hidden");
    assert_eq!(
        String::from_utf8(body.to_vec()).unwrap(),
        format!("you sent {marker} and {hidden}, plain-valu")
    );
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

#[tokio::test]
async fn errors_and_debug_text_show_no_secret() {
    let egress = egress(&["api.example"]);
    let request = EgressRequest::get(format!("http://api.example:1/?k={}", secret_marker("ASCII")))
        .secret_header("authorization", "Bearer ", "hidden-key".to_owned().into());
    let shown = format!("{request:?} {egress:?}");
    let error = egress.send(request).await.unwrap_err();
    let told = format!("{shown} {error:?} {error} {}", error.story());
    assert!(!told.contains("plain-value") && !told.contains("hidden-key"), "{told}");
}
