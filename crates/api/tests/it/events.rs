//! `/api/v1/events`.

use gathering_api::Options;
use gathering_app::events::Preview;
use gathering_domain::{Duration, Role, UserId};
use gathering_storage::{Unit, sessions};
use gathering_testkit::{Place, each_database};
use serde_json::{Value, json};

use crate::{
    runs::begin,
    support::{Asked, Bench},
};

const ALL: &str = "/api/v1/events";

each_database! {
    async fn a_reader_that_reconnects_anywhere_misses_nothing_and_sees_nothing_twice(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let token = bench.token(Role::Member).await;
        // Opened before anything happened, and broken off before anything came.
        let before = bench.events(ALL, &token, None).await;
        let (id, _) = begin(&bench, &token, 1).await;
        bench.claim().await;
        bench.drive(id).await;
        let whole = bench.events(ALL, &token, Some(&before.last_id)).await.until("run.succeeded").await;
        assert!(whole.len() > 2, "{whole:?}");
        assert_eq!(whole[0].data["type"], "run.started");
        for event in &whole {
            assert_eq!(json!(event.id.parse::<i64>().unwrap()), event.data["position"]);
            assert_eq!(event.name, "");
        }
        for cut in 0..whole.len() - 1 {
            let last_id = Some(whole[cut].id.as_str());
            // The address says where the first connection began; the header knows better.
            let path = format!("{ALL}?after=0");
            let rest = bench.events(&path, &token, last_id).await.until("run.succeeded").await;
            assert_eq!(rest, whole[cut + 1..], "after {cut}");
        }
        let from_start = bench.events(&format!("{ALL}?after=0"), &token, None).await;
        assert_eq!({ from_start }.until("run.succeeded").await, whole);
    }
}

#[tokio::test]
async fn only_what_is_asked_for_comes() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let (id, _) = begin(&bench, &token, 1).await;
    bench.claim().await;
    bench.drive(id).await;
    let path = format!("{ALL}?after=0&types=run.started,run.succeeded&run_id={id}");
    let events = bench.events(&path, &token, None).await.until("run.succeeded").await;
    let types: Vec<_> = events.iter().map(|event| event.data["type"].clone()).collect();
    assert_eq!(types, ["run.started", "run.succeeded"]);
}

#[tokio::test]
async fn previews_come_without_an_id_and_only_if_asked_for() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Member).await;
    let (id, _) = begin(&bench, &token, 1).await;
    let mut events = bench.events(&format!("{ALL}?previews=true"), &token, None).await;
    let mut without = bench.events(ALL, &token, None).await;
    let at = events.last_id.clone();
    bench.app.previews().show(Preview {
        project_id: bench.app.project(),
        run_id: id,
        root_id: id,
        key: gathering_engine::Key::new("turn:1/model"),
        attempt: 1,
        piece: 1,
        text: "Hel".to_owned(),
        reasoning: false,
    });
    let preview = events.next().await.unwrap();
    assert_eq!((preview.id.as_str(), &preview.data["type"]), ("", &json!("run.delta")));
    assert_eq!(
        (&preview.data["position"], &preview.data["data"]["text"]),
        (&Value::Null, &json!("Hel"))
    );
    assert_eq!(events.last_id, at, "a preview is no place to resume at");
    bench.claim().await;
    bench.drive(id).await;
    let rest = without.until("run.succeeded").await;
    assert!(rest.iter().all(|event| event.data["type"] != "run.delta"));
}

#[tokio::test]
async fn a_silent_stream_says_that_it_is_alive() {
    let options = Options { keep_alive: Duration::from_millis(20), ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let token = bench.token(Role::Viewer).await;
    let mut events = bench.events(ALL, &token, None).await;
    assert_eq!(events.block().await.as_deref(), Some(": alive\n\n"));
}

each_database! {
    async fn a_stream_ends_when_its_reader_may_not_look_any_more(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let token = bench.token(Role::Viewer).await;
        let mut events = bench.events(ALL, &token, None).await;
        let out = Asked::new("POST", "/api/v1/auth/logout").token(&token);
        assert_eq!(bench.ask(out).await.status, 204);
        let end = events.next().await.unwrap();
        assert_eq!((end.name.as_str(), &end.data["code"]), ("end", &json!("unauthenticated")));
        assert_eq!(events.next().await, None);
        let again = bench.ask(Asked::new("GET", ALL).token(&token)).await;
        assert_eq!(again.problem(), (401, "unauthenticated".to_owned()));
    }

    async fn a_stream_ends_when_its_reader_is_deactivated_and_no_other_does(place: Place) {
        let bench = Bench::open(place, Options::default()).await;
        let [viewer, member] = [bench.token(Role::Viewer).await, bench.token(Role::Member).await];
        let mut ended = bench.events(ALL, &viewer, None).await;
        let mut goes_on = bench.events(ALL, &member, None).await;
        let me = bench.get("/api/v1/auth/me", &viewer).await;
        let id = me["user"]["id"].as_str().unwrap().parse().unwrap();
        bench.app.users().deactivate(&bench.owner, id).await.unwrap();
        assert_eq!(ended.next().await.unwrap().data["code"], "unauthenticated");
        begin(&bench, &member, 1).await;
        assert_eq!(goes_on.next().await.unwrap().data["type"], "run.started");
    }

    async fn an_idle_stream_asks_nothing_until_it_is_told_to(place: Place) {
        let options = Options { keep_alive: Duration::from_millis(50), ..Options::default() };
        let bench = Bench::open(place, options).await;
        let token = bench.token(Role::Viewer).await;
        let mut events = bench.events(ALL, &token, None).await;
        let me = bench.get("/api/v1/auth/me", &token).await;
        let id: UserId = me["user"]["id"].as_str().unwrap().parse().unwrap();
        // Behind everybody's back: whoever asked the store again would see it.
        let database = bench.storage.database();
        let gone = Unit::new().with(sessions::delete_of_user(id).into());
        database.apply(gone).await.unwrap();
        bench.pass(Duration::from_secs(10));
        for _ in 0..40 {
            assert_eq!(events.block().await.as_deref(), Some(": alive\n\n"));
        }
        database.notify("gathering_rights", &id.to_string()).await.unwrap();
        assert_eq!(events.next().await.unwrap().data["code"], "unauthenticated");
    }
}

#[tokio::test]
async fn a_reader_of_one_instance_sees_what_another_writes_and_hears_of_lost_rights() {
    let one = Bench::open(Place::postgres().await, Options::default()).await;
    let other = one.beside().await;
    let token = one.token(Role::Member).await;
    let mut events = one.events(ALL, &token, None).await;
    let (id, _) = begin(&other, &token, 1).await;
    other.claim().await;
    other.drive(id).await;
    let whole = events.until("run.succeeded").await;
    assert_eq!(whole[0].data["type"], "run.started");
    for cut in 0..whole.len() - 1 {
        let last_id = Some(whole[cut].id.as_str());
        // A client may come back to whichever instance it reaches.
        for bench in [&one, &other] {
            let rest = bench.events(ALL, &token, last_id).await.until("run.succeeded").await;
            assert_eq!(rest, whole[cut + 1..], "after {cut}");
        }
    }
    let out = Asked::new("POST", "/api/v1/auth/logout").token(&token);
    assert_eq!(other.ask(out).await.status, 204);
    assert_eq!(events.next().await.unwrap().data["code"], "unauthenticated");
}

#[tokio::test]
async fn streams_end_when_the_server_stops_and_do_not_hold_it_up() {
    let bench = Bench::new().await;
    let token = bench.token(Role::Viewer).await;
    let mut events = bench.events(ALL, &token, None).await;
    bench.draining.cancel();
    let end = events.next().await.unwrap();
    assert_eq!((end.name.as_str(), &end.data["code"]), ("end", &json!("not_ready")));
    assert_eq!(events.next().await, None);
    bench.stop().await;
}

#[tokio::test]
async fn when_all_streams_are_taken_the_next_is_told_to_come_back() {
    let options = Options { streams: 1, ..Options::default() };
    let bench = Bench::open(Place::sqlite(), options).await;
    let token = bench.token(Role::Viewer).await;
    let first = bench.events(ALL, &token, None).await;
    let full = bench.ask(Asked::new("GET", ALL).token(&token)).await;
    assert_eq!(full.problem(), (503, "overloaded".to_owned()));
    assert_eq!(bench.ask(Asked::new("GET", "/healthz")).await.status, 200);
    drop(first);
}
