//! `/api/v1/ws`.

use std::time::Duration as Time;

use gathering_api::{Options, Site};
use gathering_app::events::Preview;
use gathering_domain::{Duration, Role, RunId};
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};
use tokio::time::interval;

use crate::{
    runs::begin,
    support::{Answer, Asked, Bench, Connection, PASSWORD, echo},
};

const PATH: &str = "/api/v1/ws";
const SSE: &str = "/api/v1/events";
/// What a test waits for where it is about something being cut.
const SHORT: Duration = Duration::from_millis(200);

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

fn preview(bench: &Bench, run_id: RunId, text: &str) -> Preview {
    Preview {
        project_id: bench.app.project(),
        run_id,
        root_id: run_id,
        key: gathering_engine::Key::new("turn:1/model"),
        attempt: 1,
        piece: 1,
        text: text.to_owned(),
        reasoning: false,
    }
}

/// Does a whole run.
async fn whole_run(bench: &Bench, token: &str) -> RunId {
    let (id, _) = begin(bench, token, 1).await;
    bench.claim().await;
    bench.drive(id).await;
    id
}

each_database! {
    async fn a_socket_tells_what_a_stream_does_and_goes_on_exactly(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let token = bench.token(Role::Member).await;
        // Subscribed to before anything happened, and broken off before anything came.
        let before = bench.socket(&token).await.subscribe("a", json!({})).await;
        whole_run(&bench, &token).await;
        let path = format!("{SSE}?after=0");
        let streamed = bench.events(&path, &token, None).await.until("run.succeeded").await;
        let wanted: Vec<Value> = streamed.into_iter().map(|event| event.data).collect();
        let mut socket = bench.socket(&token).await;
        assert_eq!(socket.subscribe("all", json!({ "after": before })).await, before);
        assert_eq!(socket.until("all", "run.succeeded").await, wanted);
        socket.subscribe("latest", json!({ "after": -1000 })).await;
        assert_eq!(socket.until("latest", "run.succeeded").await, wanted);
        for (cut, event) in wanted.iter().enumerate().take(wanted.len() - 1) {
            let id = format!("after-{cut}");
            let at = event["position"].as_i64().unwrap();
            assert_eq!(socket.subscribe(&id, json!({ "after": at })).await, at);
            assert_eq!(socket.until(&id, "run.succeeded").await, wanted[cut + 1..], "{cut}");
        }
    }

    async fn each_subscription_of_a_socket_has_its_own_events(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let token = bench.token(Role::Member).await;
        let mut socket = bench.socket(&token).await;
        socket.subscribe("ends", json!({ "types": ["run.succeeded"] })).await;
        socket.subscribe("nodes", json!({ "types": ["run.node.*"] })).await;
        let (one, other) = (whole_run(&bench, &token).await, whole_run(&bench, &token).await);
        socket.say(json!({ "type": "subscribe", "id": "one", "run_id": one, "after": 0 }).to_string()).await;
        let (mut ends, mut nodes, mut of_one) = (Vec::new(), Vec::new(), Vec::new());
        while ends.len() < 2 || nodes.len() < 2 || !types(&of_one).contains(&"run.succeeded") {
            let message = socket.next().await;
            if message["type"] == "subscribed" {
                continue;
            }
            let into = match message["id"].as_str() {
                Some("ends") => &mut ends,
                Some("nodes") => &mut nodes,
                Some("one") => &mut of_one,
                id => panic!("{id:?}"),
            };
            into.push(message["event"].clone());
        }
        assert_eq!(types(&ends), ["run.succeeded"; 2]);
        assert_eq!(ends.iter().map(|end| &end["subject"]).collect::<Vec<_>>(), [&json!(one), &json!(other)]);
        assert!(types(&nodes).iter().all(|name| name.starts_with("run.node.")), "{nodes:?}");
        assert!(of_one.iter().all(|event| event["subject"] == json!(one)), "{of_one:?}");

        socket.say(json!({ "type": "unsubscribe", "id": "nodes" }).to_string()).await;
        let mut said = socket.next().await;
        while said["type"] == "event" {
            said = socket.next().await;
        }
        assert_eq!(said, json!({ "type": "unsubscribed", "id": "nodes" }));
        whole_run(&bench, &token).await;
        assert_eq!(socket.next().await["id"], "ends");
        socket.say(r#"{"type":"ping"}"#).await;
        assert_eq!(socket.next().await, json!({ "type": "pong" }), "nothing of the other came");
    }

    async fn who_acts_in_another_project_sees_nothing_of_this_one(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let (operator, member) = (bench.token(Role::Operator).await, bench.token(Role::Member).await);
        let project = bench.post("/api/v1/projects", &operator, &json!({ "name": "Research" })).await;
        let project = project["id"].as_str().unwrap();
        let me = bench.get("/api/v1/auth/me", &member).await;
        let membership = format!("/api/v1/projects/{project}/members/{}", me["user"]["id"].as_str().unwrap());
        let role = json!({ "role": "viewer" });
        bench.ask(Asked::new("PUT", &membership).token(&operator).json(&role)).await.ok();
        let here = whole_run(&bench, &operator).await;

        let asked = Asked::new("GET", PATH).handshake().token(&member);
        let mut socket = bench.socket_as(asked.header("gathering-project", project)).await.ok().unwrap();
        socket.subscribe("all", json!({ "after": 0, "previews": true })).await;
        bench.app.previews().show(preview(&bench, here, "not for you"));
        let asked = json!({ "type": "subscribe", "id": "one", "run_id": here, "after": 0 });
        socket.say(asked.to_string()).await;
        let refused = socket.next().await;
        assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("one")));
        assert_eq!(refused["problem"]["code"], "not_found");
        let what = json!({ "type": "definition", "definition": echo("echo") });
        let start = Asked::new("POST", "/api/v1/runs").token(&operator).header("gathering-project", project);
        let there = bench.ask(start.json(&json!({ "what": what, "input": { "n": 1 } }))).await.ok();
        let first = socket.next().await;
        assert_eq!((&first["id"], &first["event"]["subject"]), (&json!("all"), &there["id"]));

        // A page, which cannot set the header, names the project in the query; of both, the header counts.
        let named = |project: &str| Asked::new("GET", &format!("{PATH}?project={project}")).handshake().token(&member);
        let mut paged = bench.socket_as(named(project)).await.ok().unwrap();
        paged.subscribe("page", json!({ "after": 0 })).await;
        assert_eq!(paged.next().await["event"]["subject"], there["id"]);
        let nowhere = "prj_00000000000000000000000000000009";
        let refused = bench.socket_as(named(nowhere)).await.err().unwrap();
        assert_eq!(refused.problem(), (404, "not_found".to_owned()));
        let refused = bench.socket_as(named("default")).await.err().unwrap();
        assert_eq!(refused.problem(), (400, "invalid_query".to_owned()));
        assert!(bench.socket_as(named(nowhere).header("gathering-project", project)).await.is_ok());

        // What they see ends with their membership, without a request of theirs.
        assert_eq!(bench.ask(Asked::new("DELETE", &membership).token(&operator)).await.status, 204);
        let ended = socket.next().await;
        assert_eq!((&ended["type"], &ended["id"]), (&json!("ended"), &json!("all")));
    }

    async fn a_socket_ends_with_the_session_of_its_reader(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let token = bench.token(Role::Viewer).await;
        let mut socket = bench.socket(&token).await;
        socket.subscribe("a", json!({})).await;
        let out = Asked::new("POST", "/api/v1/auth/logout").token(&token);
        assert_eq!(bench.ask(out).await.status, 204);
        let ended = socket.next().await;
        assert_eq!((&ended["type"], &ended["id"]), (&json!("ended"), &json!("a")));
        assert_eq!(ended["problem"]["code"], "unauthenticated");
        assert_eq!(socket.closed().await, 1008);
    }

    async fn who_was_signed_out_subscribes_to_nothing(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let token = bench.token(Role::Viewer).await;
        let mut socket = bench.socket(&token).await;
        let out = Asked::new("POST", "/api/v1/auth/logout").token(&token);
        assert_eq!(bench.ask(out).await.status, 204);
        socket.say(r#"{"type":"subscribe","id":"a","after":0}"#).await;
        let refused = socket.next().await;
        assert_eq!((&refused["type"], &refused["problem"]["code"]), (&json!("error"), &json!("unauthenticated")));
    }
}

#[tokio::test]
async fn a_socket_of_one_instance_tells_what_another_does() {
    let one = Bench::open(Place::postgres().await, Options::default()).await;
    let other = one.beside().await;
    let token = one.token(Role::Member).await;
    let mut socket = one.socket(&token).await;
    socket.subscribe("a", json!({})).await;
    whole_run(&other, &token).await;
    let whole = socket.until("a", "run.succeeded").await;
    let at = whole[0]["position"].as_i64().unwrap();
    // A client may come back to whichever instance it reaches.
    let mut socket = other.socket(&token).await;
    socket.subscribe("b", json!({ "after": at })).await;
    assert_eq!(socket.until("b", "run.succeeded").await, whole[1..]);
}

/// The refusal of a handshake.
async fn refusal(bench: &Bench, asked: Asked) -> Answer {
    match bench.socket_as(asked).await {
        Ok(_) => panic!("it is refused"),
        Err(answer) => answer,
    }
}

#[tokio::test]
async fn pages_of_other_sites_cannot_open_a_socket_by_the_cookie() {
    let site = Site { public_url: Some("http://g.example".to_owned()), ..Site::default() };
    let bench = Bench::at(Place::sqlite(), Options::default(), site).await;
    bench.token(Role::Viewer).await;
    let body = json!({ "email": "viewer@example.com", "password": PASSWORD, "cookie": true });
    let login = bench.ask(Asked::new("POST", "/api/v1/auth/login").json(&body)).await;
    let cookie = login.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = |origin: &str| {
        let asked = Asked::new("GET", PATH).handshake().header("cookie", &cookie);
        asked.header("origin", origin)
    };
    for own in ["http://g.example", "http://test"] {
        let mut socket = bench.socket_as(page(own)).await.ok().unwrap();
        socket.subscribe("a", json!({})).await;
    }
    for foreign in
        ["http://evil.test", "http://g.example.evil.test", "null", "http://sub.g.example"]
    {
        let refused = refusal(&bench, page(foreign)).await;
        assert_eq!(refused.problem(), (403, "csrf_failed".to_owned()), "{foreign}");
    }
    let framed = page("http://g.example").header("sec-fetch-site", "cross-site");
    assert_eq!(refusal(&bench, framed).await.problem().0, 403);
}

#[tokio::test]
async fn a_socket_needs_a_caller_and_a_handshake() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Viewer).await;
    let nobody = refusal(&bench, Asked::new("GET", PATH).handshake()).await;
    assert_eq!(nobody.problem(), (401, "unauthenticated".to_owned()));
    let in_query = Asked::new("GET", &format!("{PATH}?token={token}&access_token={token}"));
    assert_eq!(refusal(&bench, in_query.handshake()).await.problem().0, 401);

    let plain = refusal(&bench, Asked::new("GET", PATH).token(&token)).await;
    assert_eq!(plain.problem(), (426, "upgrade_required".to_owned()));
    assert_eq!(
        (plain.header("upgrade"), plain.header("sec-websocket-version")),
        ("websocket", "13")
    );
    let mut connection = Connection::open(&bench.address).await;
    connection.send(&Asked::new("HEAD", PATH).token(&token).handshake().bytes()).await;
    assert_eq!(connection.head().await.0, 426, "without a body there is no socket");
    let asks = |version: &str, key: &str| {
        let asked = Asked::new("GET", PATH).token(&token).header("connection", "upgrade");
        let asked = asked.header("upgrade", "websocket").header("sec-websocket-version", version);
        asked.header("sec-websocket-key", key)
    };
    let old = refusal(&bench, asks("8", "dGhlIHNhbXBsZSBub25jZQ==")).await;
    assert_eq!(old.problem(), (426, "upgrade_required".to_owned()));
    let keyless = refusal(&bench, asks("13", "short")).await;
    assert_eq!(keyless.problem(), (400, "invalid_header".to_owned()));
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_told_and_nothing_else_is_lost() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let mut socket = bench.socket(&token).await;
    socket.subscribe("a", json!({})).await;
    for (text, id, code, pointer) in [
        ("so what", Value::Null, "invalid_json", Value::Null),
        (r#"{"type":"subscribe","id":"b","typos":[]}"#, json!("b"), "invalid", json!("/typos")),
        (r#"{"type":"subscribe","id":"a"}"#, json!("a"), "invalid", json!("/id")),
        (r#"{"type":"unsubscribe","id":"c"}"#, json!("c"), "not_found", Value::Null),
    ] {
        socket.say(text).await;
        let error = socket.next().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &id), "{text}");
        assert_eq!(error["problem"]["code"], code, "{text}");
        assert_eq!(error["problem"]["errors"][0]["pointer"], pointer, "{text}");
        assert!(error["problem"]["request_id"].as_str().unwrap().starts_with("req_"), "{text}");
    }
    socket.say_bytes(b"\x00\x01").await;
    assert_eq!(socket.next().await["problem"]["code"], "invalid");
    whole_run(&bench, &token).await;
    assert_eq!(types(&socket.until("a", "run.succeeded").await)[0], "run.started");
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_socket() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Viewer).await;
    let mut socket = bench.socket(&token).await;
    let padded = |bytes: usize| format!("{{\"type\":\"ping\"{}}}", " ".repeat(bytes - 15));
    socket.say(padded(16 * 1024)).await;
    assert_eq!(socket.next().await["type"], "pong");
    socket.say(padded(16 * 1024 + 1)).await;
    assert_eq!(socket.closed().await, 1009);
    let mut socket = bench.socket(&token).await;
    socket.say(padded(2 * 1024 * 1024)).await;
    assert_eq!(socket.closed().await, 1009, "it is told however much was on its way");
}

#[tokio::test]
async fn sockets_end_when_the_server_stops_and_do_not_hold_it_up() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Viewer).await;
    let mut socket = bench.socket(&token).await;
    socket.subscribe("a", json!({})).await;
    // One that does not listen is waited for no longer than a few seconds.
    let _silent = bench.socket(&token).await;
    bench.draining.cancel();
    assert_eq!(socket.closed().await, 1001);
    bench.stop().await;
}

#[tokio::test]
async fn a_server_that_leaves_opens_sockets_still() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Viewer).await;
    bench.leaving.cancel();
    bench.socket(&token).await.subscribe("a", json!({})).await;
}

#[tokio::test]
async fn who_lags_is_told_that_previews_were_lost_and_misses_no_event() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let (id, _) = begin(&bench, &token, 1).await;
    let mut socket = bench.socket(&token).await;
    let at = socket.subscribe("a", json!({ "previews": true })).await;
    // More at once than are kept.
    for n in 0..3_000 {
        bench.app.previews().show(preview(&bench, id, &n.to_string()));
    }
    let lagged = socket.next().await;
    assert_eq!(lagged, json!({ "type": "lagged", "id": "a", "resume_after": at }));
    bench.claim().await;
    bench.drive(id).await;
    let seen = socket.until("a", "run.succeeded").await;
    let seen: Vec<Value> = seen.into_iter().filter(|event| event["type"] != "run.delta").collect();
    let mut socket = bench.socket(&token).await;
    socket.subscribe("again", json!({ "after": at })).await;
    assert_eq!(socket.until("again", "run.succeeded").await, seen);
}

#[tokio::test]
async fn who_takes_nothing_of_a_socket_is_cut() {
    // Not because it does not answer a ping.
    let keep_alive = Duration::from_secs(60);
    let options = Options { stall_time: SHORT, streams: 1, keep_alive, ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let token = bench.token(Role::Member).await;
    let (id, _) = begin(&bench, &token, 1).await;
    let mut stalled = bench.socket(&token).await;
    stalled.subscribe("a", json!({ "previews": true })).await;
    let large = preview(&bench, id, &"x".repeat(64 * 1024));
    let mut ticks = interval(Time::from_millis(1));
    // Its place is free again.
    let room = async {
        while bench.socket_as(Asked::new("GET", PATH).handshake().token(&token)).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::pin!(room);
    loop {
        tokio::select! {
            () = &mut room => break,
            _ = ticks.tick() => bench.app.previews().show(large.clone()),
        }
    }
}

#[tokio::test]
async fn who_does_not_answer_a_ping_is_cut_and_who_does_is_not() {
    let options = Options { keep_alive: SHORT, stall_time: SHORT, ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let token = bench.token(Role::Member).await;
    let (mut alive, mut dead) =
        (bench.socket(&token).await, Connection::open(&bench.address).await);
    alive.subscribe("a", json!({})).await;
    dead.send(&Asked::new("GET", PATH).handshake().token(&token).bytes()).await;
    assert_eq!(dead.head().await.0, 101);
    // The frame of a ping, and nothing after it: nobody answers.
    let later = async {
        assert_eq!(dead.rest().await, [0x89, 0x00]);
        begin(&bench, &token, 1).await;
    };
    let (seen, ()) = tokio::join!(alive.next(), later);
    assert_eq!(seen["event"]["type"], "run.started");
}

#[tokio::test]
async fn a_socket_that_nothing_is_subscribed_to_is_closed() {
    let options = Options { idle_time: SHORT, ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let token = bench.token(Role::Viewer).await;
    let mut unused = bench.socket(&token).await;
    let mut left = bench.socket(&token).await;
    left.subscribe("a", json!({})).await;
    assert_eq!(unused.closed().await, 1008);
    left.say(r#"{"type":"unsubscribe","id":"a"}"#).await;
    assert_eq!(left.next().await["type"], "unsubscribed", "it was open all the while");
    assert_eq!(left.closed().await, 1008);
}

#[tokio::test]
async fn a_socket_holds_a_connection_and_a_place_for_each_subscription() {
    let options = Options { streams: 8, connections: 8, ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let token = bench.token(Role::Viewer).await;
    let asked = Asked::new("GET", PATH).handshake().token(&token);
    let connection = Connection::from("127.0.0.2", &bench.address).await;
    let mut first = bench.socket_on(connection, asked.clone()).await.ok().unwrap();
    first.subscribe("a", json!({})).await;
    first.subscribe("b", json!({})).await;
    // A quarter is theirs: both places are taken, and one of the two connections.
    first.say(r#"{"type":"subscribe","id":"c"}"#).await;
    let full = first.next().await;
    assert_eq!((&full["problem"]["code"], &full["retry_after"]), (&json!("overloaded"), &json!(1)));
    let connection = Connection::from("127.0.0.2", &bench.address).await;
    let refused = bench.socket_on(connection, asked.clone()).await.err().unwrap();
    assert_eq!(refused.problem(), (503, "overloaded".to_owned()));
    first.say(r#"{"type":"unsubscribe","id":"b"}"#).await;
    assert_eq!(first.next().await["type"], "unsubscribed");
    let connection = Connection::from("127.0.0.2", &bench.address).await;
    let _second = bench.socket_on(connection, asked).await.ok().unwrap();
    let mut third = Connection::from("127.0.0.2", &bench.address).await;
    third.send(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(third.rest().await.is_empty(), "closed without an answer");
}

#[tokio::test]
async fn one_socket_has_so_many_subscriptions_and_no_more() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Viewer).await;
    let mut socket = bench.socket(&token).await;
    for n in 0..16 {
        socket.subscribe(&n.to_string(), json!({})).await;
    }
    socket.say(r#"{"type":"subscribe","id":"more"}"#).await;
    assert_eq!(socket.next().await["problem"]["code"], "limit_reached");
}
