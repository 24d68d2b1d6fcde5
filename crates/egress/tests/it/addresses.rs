//! Hostile URLs and names: none of them reaches the loopback server that waits for them.

use std::sync::Arc;

use gathering_domain::{Advice, Failure};
use gathering_egress::{Egress, EgressErrorKind, EgressRequest, Sent};

use crate::server::{Script, Server, allowing, answer, policy};

/// `PORT` is the port of the waiting server.
const HOSTILE: &[&str] = &[
    // This host, in many notations.
    "http://127.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://127.1.2.3:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.0.0.1:PORT/",
    "http://0X7F.1:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://017700000001:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://0x0:PORT/",
    "http://127.0.0.256:PORT/",
    "http://127.000.000.001:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://127%2e0%2e0%2e1:PORT/",
    "http://１２７.0.0.1:PORT/",
    "http://①②⑦.⓪.⓪.①:PORT/",
    "http://127。0。0。1:PORT/",
    "http://localhost:PORT/",
    "http://LOCALHOST:PORT/",
    "http://localhost.:PORT/",
    "http://loc%61lhost:PORT/",
    "http://[::1]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/",
    "http://[::]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[::ffff:8.8.8.8]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[::ffff:0:127.0.0.1]:PORT/",
    "http://[64:ff9b::127.0.0.1]:PORT/",
    "http://[64:ff9b:1::7f00:1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[2001:0:7f00:1::]:PORT/",
    "http://[fe80::1%25lo]:PORT/",
    "http://[fe80::1]:PORT/",
    "http://[fc00::1]:PORT/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[ff02::1]:PORT/",
    // Private networks and metadata services.
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://100.100.100.200/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/v2/credentials",
    "http://2852039166/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://[::ffff:169.254.169.254]/",
    "http://168.63.129.16/machine",
    "http://192.0.0.192/opc/v2/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    // Users and disguises in the authority.
    "http://example.com@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT@example.com/",
    "http://user:hunter2@example.com/",
    "http://example.com#@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT\\@example.com/",
    "http:\\\\127.0.0.1:PORT\\",
    "http:/127.0.0.1:PORT/",
    "http:127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "http://127.0.0.1:PORT\t/",
    "http://127.0.0.1\n:PORT/",
    " http://127.0.0.1:PORT/",
    "http://127.0.0.1 :PORT/",
    "http://example..com/",
    "http://example.com:0/",
    "http://example.com:99999/",
    "http://⟦secret:HOST⟧/",
    // Other schemes, and no URL at all.
    "file:///etc/passwd",
    "ftp://example.com/",
    "gopher://127.0.0.1:PORT/_GET",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "unix:/var/run/docker.sock",
    "//127.0.0.1:PORT/",
    "127.0.0.1:PORT",
    "/etc/passwd",
    "http://",
    "",
];

#[tokio::test]
async fn hostile_urls_reach_nothing_and_were_certainly_not_sent() {
    assert!(HOSTILE.len() >= 60);
    let server = Server::saying(answer("200 OK", "", "reached")).await;
    let port = server.address.port().to_string();
    // `localhost` and other names lead to the waiting server, should anything ask for them.
    let egress = Egress::builder().resolver(Script::new(&[&["127.0.0.1"]])).build();
    for text in HOSTILE {
        let url = text.replace("PORT", &port);
        let error = egress.send(EgressRequest::get(&url)).await.expect_err(&url);
        assert_eq!(error.sent, Sent::No, "{url}: {error:?}");
        let named = matches!(
            error.kind,
            EgressErrorKind::InvalidUrl { .. } | EgressErrorKind::AddressRefused { .. }
        );
        assert!(named, "{url}: {error:?}");
        assert!(!error.story().contains("hunter2"), "{error}");
        assert_eq!(Failure::from(error).advice, Advice::Fail, "{url}");
    }
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn names_with_any_refused_address_are_refused() {
    let server = Server::saying(answer("200 OK", "", "reached")).await;
    for addresses in [
        &["127.0.0.1"][..],
        &["10.0.0.1"],
        &["169.254.169.254"],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::a9fe:a9fe"],
        &["fd00::1"],
        &["93.184.216.34", "127.0.0.1"],
        &["127.0.0.1", "93.184.216.34"],
        &["0.0.0.0"],
    ] {
        let egress = Egress::builder().resolver(Script::new(&[addresses])).build();
        let request = EgressRequest::get(server.named("innocent.example", "/"));
        let error = egress.send(request).await.unwrap_err();
        assert!(matches!(error.kind, EgressErrorKind::AddressRefused { .. }), "{error:?}");
        assert_eq!((error.sent, error.kind.code()), (Sent::No, "egress_blocked"));
    }
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_rebinding_name_is_connected_only_where_it_was_checked() {
    let server = Server::saying(answer("200 OK", "", "reached")).await;
    // Public at the first look, loopback at each later one. A client that checks and then lets
    // another layer resolve again would arrive at the waiting server.
    let resolver = Script::new(&[&["192.0.2.1"], &["127.0.0.1"]]);
    let lookups = Arc::clone(&resolver);
    let open = Egress::builder().resolver(resolver).policy(policy(&["192.0.2.0/24"])).build();
    let limits = gathering_egress::Limits {
        head: gathering_domain::Duration::from_millis(200),
        ..gathering_egress::Limits::default()
    };
    let request = EgressRequest::get(server.named("rebind.example", "/")).limits(limits);
    let first = open.send(request.clone()).await.unwrap_err();
    assert!(
        matches!(
            first.kind,
            EgressErrorKind::Timeout { .. } | EgressErrorKind::NotConnected { .. }
        ),
        "{first:?}"
    );
    assert_eq!(lookups.lookups(), 1, "one look per connection");
    let second = open.send(request).await.unwrap_err();
    assert!(matches!(second.kind, EgressErrorKind::AddressRefused { .. }), "{second:?}");
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn rules_open_exactly_what_they_name() {
    let server = Server::saying(answer("200 OK", "", "reached")).await;
    let port = server.address.port();
    let exact = format!("127.0.0.1:{port}");
    let other = format!("127.0.0.1:{}", port ^ 1);
    let named = format!("home.example:{port}");
    for (rules, url, reached) in [
        (vec![exact.as_str()], server.url("/"), true),
        (vec!["127.0.0.1"], server.url("/"), true),
        (vec!["127.0.0.0/8"], server.url("/"), true),
        (vec![other.as_str()], server.url("/"), false),
        (vec!["10.0.0.0/8"], server.url("/"), false),
        (vec!["127.0.0.0/8"], server.named("home.example", "/"), true),
        (vec![named.as_str()], server.named("home.example", "/"), true),
        (vec![named.as_str()], server.url("/"), false),
        (vec![named.as_str()], server.named("other.example", "/"), false),
        (vec!["*.example"], server.named("other.example", "/"), true),
        // Opening an address does not open its other spellings.
        (vec!["127.0.0.0/8"], server.named("2130706433", "/"), false),
    ] {
        let egress = Egress::builder()
            .policy(policy(&rules))
            .resolver(Script::new(&[&["127.0.0.1"]]))
            .build();
        let answer = egress.send(EgressRequest::get(&url)).await;
        assert_eq!(answer.is_ok(), reached, "{rules:?} {url}: {answer:?}");
    }
}

#[tokio::test]
async fn allow_lists_of_client_and_request_both_hold() {
    let server = Server::saying(answer("200 OK", "", "reached")).await;
    let policy = policy(&["127.0.0.0/8"]).only(["*.example".parse().unwrap()]);
    let egress = Egress::builder().policy(policy).resolver(Script::new(&[&["127.0.0.1"]])).build();
    let to = |host: &str| EgressRequest::get(server.named(host, "/"));
    assert!(egress.send(to("a.example")).await.is_ok());
    for request in [
        to("a.elsewhere"),
        to("a.elsewhere").only_hosts(["a.elsewhere".parse().unwrap()]),
        to("a.example").only_hosts(["b.example".parse().unwrap()]),
        to("a.example").only_hosts([]),
    ] {
        let error = egress.send(request).await.unwrap_err();
        assert!(matches!(error.kind, EgressErrorKind::HostRefused { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_stricter_client_shares_no_connection_with_a_looser_one() {
    let server = Server::start(|_| {
        vec![crate::server::Act::Say(answer("200 OK", "", "reached")), crate::server::Act::Hang]
    })
    .await;
    let loose = allowing(&["127.0.0.0/8"]);
    loose.send(EgressRequest::get(server.url("/"))).await.unwrap().bytes().await.unwrap();
    let strict = loose.with_policy(gathering_egress::NetworkPolicy::default());
    let error = strict.send(EgressRequest::get(server.url("/"))).await.unwrap_err();
    assert!(matches!(error.kind, EgressErrorKind::AddressRefused { .. }), "{error:?}");
}
