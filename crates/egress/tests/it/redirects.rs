//! Redirects: each hop under the same rules, with less and less to carry.

use gathering_domain::Advice;
use gathering_egress::{
    Egress, EgressError, EgressErrorKind, EgressRequest, EgressResponse, HostList, Limits,
    ListOwner, Secret, Sent,
};

use crate::server::{Act, Script, Server, allowing, answer, policy};

fn to(location: &str) -> Vec<u8> {
    answer("302 Found", &format!("location: {location}\r\n"), "")
}

async fn get(egress: &Egress, url: String) -> Result<EgressResponse, EgressError> {
    egress.send(EgressRequest::get(url)).await
}

fn inner(error: &EgressError) -> &EgressErrorKind {
    match &error.kind {
        EgressErrorKind::RedirectFailed(inner) => &inner.kind,
        kind => kind,
    }
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_refused() {
    let secret = Server::saying(answer("200 OK", "", "metadata")).await;
    let port = secret.address.port();
    let locations = [
        format!("http://127.0.0.1:{port}/"),
        format!("//127.0.0.1:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://localhost:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://10.0.0.1/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "http://user:pw@front.example/".to_owned(),
    ];
    for location in locations {
        let front = Server::saying(to(&location)).await;
        let rule = format!("front.example:{}", front.address.port());
        let egress = Egress::builder()
            .policy(policy(&[&rule]))
            .resolver(Script::new(&[&["127.0.0.1"]]))
            .build();
        let error = get(&egress, front.named("front.example", "/")).await.unwrap_err();
        assert!(
            matches!(
                inner(&error),
                EgressErrorKind::AddressRefused { .. } | EgressErrorKind::InvalidUrl { .. }
            ),
            "{location}: {error:?}"
        );
        // The front server was asked; a read of it changed nothing.
        assert_eq!((error.sent, error.advice()), (Sent::Maybe, Advice::Fail));
    }
    assert_eq!(secret.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_post_that_was_answered_by_a_bad_redirect_is_an_unknown_outcome() {
    let front = Server::saying(to("http://nowhere.invalid./")).await;
    let egress =
        Egress::builder().policy(policy(&["127.0.0.1"])).resolver(Script::new(&[])).build();
    let request = EgressRequest::post_json(front.url("/"), "{}");
    let error = egress.send(request).await.unwrap_err();
    assert!(matches!(inner(&error), EgressErrorKind::NameNotResolved { .. }), "{error:?}");
    assert_eq!((error.sent, error.advice()), (Sent::Maybe, Advice::Unknown { after: None }));
}

#[tokio::test]
async fn redirects_are_followed_up_to_the_limit() {
    let server = Server::start(|request| {
        let hop: u8 = request[5..6].parse().unwrap();
        let next =
            if hop == 0 { answer("200 OK", "", "here") } else { to(&format!("/{}", hop - 1)) };
        vec![Act::Say(next)]
    })
    .await;
    let egress = allowing(&["127.0.0.1"]);
    let answer = get(&egress, server.url("/5")).await.unwrap();
    assert_eq!(answer.url(), server.url("/0"));
    assert_eq!(answer.bytes().await.unwrap(), "here");
    let error = get(&egress, server.url("/6")).await.unwrap_err();
    assert!(matches!(error.kind, EgressErrorKind::TooManyRedirects { limit: 5 }), "{error:?}");
    let limits = Limits { redirects: 0, ..Limits::default() };
    let request = EgressRequest::get(server.url("/2")).limits(limits);
    assert_eq!(egress.send(request).await.unwrap().status(), 302);
}

/// A secret for whatever listens on this host.
fn hidden(value: &str) -> Secret {
    Secret { value: value.to_owned().into(), hosts: vec!["127.0.0.1".parse().unwrap()] }
}

#[tokio::test]
async fn another_origin_gets_neither_credentials_nor_body() {
    let other = Server::saying(answer("200 OK", "", "")).await;
    let location = other.url("/there");
    let front = Server::start(move |request| {
        let status = if request.contains("/see-other") { "303 See" } else { "307 Same" };
        vec![Act::Say(answer(status, &format!("location: {location}\r\n"), ""))]
    })
    .await;
    let egress = allowing(&["127.0.0.1"]);
    let request = |path: &str| {
        EgressRequest::post_json(front.url(path), r#"{"a":1}"#)
            .header("authorization", "Bearer plain")
            .header("x-api-key", "plain")
            .header("cookie", "a=b")
            .header("accept", "text/html")
            .secret_header("x-token", "", hidden("hidden-value"))
    };
    egress.send(request("/see-other")).await.unwrap();
    let seen = other.requests().remove(0);
    assert!(
        seen.starts_with("GET /there HTTP/1.1\r\n") && seen.contains("accept: text/html"),
        "{seen}"
    );
    for absent in ["authorization", "x-api-key", "cookie", "x-token", "hidden", "content-type", "{"]
    {
        assert!(!seen.contains(absent), "{absent}: {seen}");
    }
    let error = egress.send(request("/same")).await.unwrap_err();
    assert!(matches!(error.kind, EgressErrorKind::RedirectRefused { .. }), "{error:?}");
    assert_eq!(other.requests().len(), 1);
}

#[tokio::test]
async fn the_same_origin_gets_everything_again() {
    let server = Server::start(|request| {
        let done = request.starts_with("POST /b");
        let say =
            if done { answer("200 OK", "", "") } else { answer("308 P", "location: /b\r\n", "") };
        vec![Act::Say(say)]
    })
    .await;
    let request = EgressRequest::post_json(server.url("/a"), r#"{"a":1}"#).secret_header(
        "authorization",
        "Bearer ",
        hidden("hidden"),
    );
    allowing(&["127.0.0.1"]).send(request).await.unwrap();
    let seen = server.requests();
    assert!(seen[1].contains("authorization: Bearer hidden") && seen[1].ends_with(r#"{"a":1}"#));
}

#[tokio::test]
async fn allow_lists_hold_for_redirects_too() {
    let other = Server::saying(answer("200 OK", "", "")).await;
    let front = Server::saying(to(&other.named("b.example", "/"))).await;
    let egress = Egress::builder()
        .policy(policy(&["127.0.0.0/8"]))
        .resolver(Script::new(&[&["127.0.0.1"]]))
        .build();
    let request = EgressRequest::get(front.named("a.example", "/"))
        .held_to([HostList::new(ListOwner::Project, vec!["a.example".parse().unwrap()])]);
    let error = egress.send(request).await.unwrap_err();
    let refused =
        matches!(inner(&error), EgressErrorKind::HostNotListed { list: ListOwner::Project, .. });
    assert!(refused, "{error:?}");
    assert_eq!(other.requests(), Vec::<String>::new());
}
