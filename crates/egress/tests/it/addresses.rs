//! Names and addresses under the rules: what they open, and what stays shut.

use gathering_egress::{Egress, EgressErrorKind, EgressRequest, HostList, ListOwner, Sent};

use crate::server::{Script, Server, allowing, answer, policy};

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
    let list = |of: ListOwner, hosts: &[&str]| {
        HostList::new(of, hosts.iter().map(|host| host.parse().unwrap()).collect())
    };
    let both = [list(ListOwner::Agent, &["*.example"]), list(ListOwner::Project, &["a.example"])];
    assert!(egress.send(to("a.example").held_to(both.clone())).await.is_ok());
    let project = "the project's list";
    for (request, said) in [
        (to("a.elsewhere"), "the network rules"),
        (
            to("a.elsewhere").held_to([list(ListOwner::Agent, &["a.elsewhere"])]),
            "the network rules",
        ),
        (to("b.example").held_to(both), project),
        (to("a.example").held_to([list(ListOwner::Agent, &["b.example"])]), "the agent's list"),
        (to("a.example").held_to([list(ListOwner::Tool, &["a.example:1"])]), "the tool's list"),
        (to("a.example").held_to([list(ListOwner::Project, &[])]), project),
    ] {
        let error = egress.send(request).await.unwrap_err();
        assert_eq!((error.kind.code(), error.sent), ("egress_blocked", Sent::No));
        assert!(error.kind.to_string().starts_with(said), "{error:?}");
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
