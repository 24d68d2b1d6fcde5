//! Tests of the event stream.

use gathering_app::{
    events::{Delivery, EventFilter, FURTHEST_BACK, Preview, Subscription},
    pipelines::Source,
    runs::Runnable,
};
use gathering_domain::{Actor, Role, RunId};
use gathering_engine::Key;
use gathering_testkit::{Place, each_database};
use serde_json::json;

use crate::{
    runs::start::start,
    support::{Bench, echo},
};

async fn begin(bench: &Bench) -> RunId {
    let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({ "n": 1 }));
    bench.app.runs().start(&bench.owner, command).await.unwrap().run.id
}

async fn next(subscription: &mut Subscription) -> gathering_app::events::Envelope {
    let waited = std::time::Duration::from_secs(20);
    let next = tokio::time::timeout(waited, subscription.next()).await.expect("an event comes");
    match next.unwrap() {
        Delivery::Event(event) | Delivery::Preview(event) => event,
        Delivery::PreviewsLost | Delivery::EventsGone => panic!("nothing was lost"),
    }
}

/// Events until the run has ended.
async fn until_end(subscription: &mut Subscription) -> Vec<gathering_app::events::Envelope> {
    let mut events = Vec::new();
    loop {
        events.push(next(subscription).await);
        if events.last().is_some_and(|event| event.event_type == "run.succeeded") {
            return events;
        }
    }
}

each_database! {
    async fn a_reader_resumes_exactly_from_any_position(place: Place) {
        let bench = Bench::open(place).await;
        let (events, owner) = (bench.app.events(), &bench.owner);
        let mut live = events.subscribe(owner, None, EventFilter::default()).await.unwrap();
        let id = begin(&bench).await;
        bench.claim().await;
        bench.drive(id).await;
        let all = until_end(&mut live).await;
        assert_eq!(all[0].event_type, "run.started");
        assert!(all.iter().any(|event| event.event_type == "run.node.succeeded"));
        let positions: Vec<_> = all.iter().map(|event| event.position.unwrap()).collect();
        assert!(positions.is_sorted());
        for (at, position) in positions.iter().enumerate().take(positions.len() - 1) {
            let again = events.subscribe(owner, Some(*position), EventFilter::default()).await;
            let rest = until_end(&mut again.unwrap()).await;
            assert_eq!(rest, all[at + 1..]);
        }
    }

    async fn all_hear_the_same_whenever_they_come_and_however_late_they_listen(place: Place) {
        let bench = Bench::open(place).await;
        let subscribe = async |after, run_id| {
            let filter = EventFilter { run_id, ..EventFilter::default() };
            bench.app.events().subscribe(&bench.owner, after, filter).await.unwrap()
        };
        let run = async || {
            let id = begin(&bench).await;
            bench.claim().await;
            bench.drive(id).await;
            id
        };
        let (mut live, mut late) = (subscribe(None, None).await, subscribe(None, None).await);
        run().await;
        let first = until_end(&mut live).await;
        let mut joined = subscribe(None, None).await;
        let second_id = run().await;
        let second = until_end(&mut live).await;
        assert_eq!(until_end(&mut joined).await, second);
        assert_eq!(until_end(&mut late).await, first);
        assert_eq!(until_end(&mut late).await, second);
        let mut everything = subscribe(Some(0), None).await;
        assert_eq!(until_end(&mut everything).await, first);
        assert_eq!(until_end(&mut everything).await, second);
        for after in [Some(0), first.last().unwrap().position] {
            let mut one = subscribe(after, Some(second_id)).await;
            assert_eq!(until_end(&mut one).await, second);
        }
    }

    async fn the_latest_events_are_had_without_a_position(place: Place) {
        let bench = Bench::open(place).await;
        for _ in 0..2 {
            let id = begin(&bench).await;
            bench.claim().await;
            bench.drive(id).await;
        }
        let events = bench.app.events();
        let subscribe = async |after| {
            events.subscribe(&bench.owner, Some(after), EventFilter::default()).await
        };
        let mut all = subscribe(0).await.unwrap();
        let everything = [until_end(&mut all).await, until_end(&mut all).await].concat();
        // More than there are is all there are.
        let mut back = subscribe(-FURTHEST_BACK).await.unwrap();
        let latest = [until_end(&mut back).await, until_end(&mut back).await].concat();
        assert_eq!(latest, everything);
        let last = until_end(&mut subscribe(-1).await.unwrap()).await;
        assert!(last.len() < everything.len() && everything.ends_with(&last), "{last:?}");
        let refused = subscribe(-FURTHEST_BACK - 1).await.err().unwrap();
        assert_eq!(refused.code(), "invalid");
    }

    async fn a_filter_follows_one_run(place: Place) {
        let bench = Bench::open(place).await;
        let [one, other] = [begin(&bench).await, begin(&bench).await];
        bench.claim().await;
        bench.drive(one).await;
        bench.drive(other).await;
        let types = vec!["run.*".to_owned()];
        let filter = EventFilter { run_id: Some(other), types, previews: false };
        let mut own = bench.app.events().subscribe(&bench.owner, Some(0), filter).await.unwrap();
        assert!(until_end(&mut own).await.iter().all(|event| event.run_id == other));
        let none = EventFilter {
            run_id: Some(RunId::from_uuid(uuid::Uuid::nil())),
            ..EventFilter::default()
        };
        let refused = bench.app.events().subscribe(&bench.owner, None, none).await.err().unwrap();
        assert_eq!(refused.code(), "not_found");
    }

    async fn previews_reach_those_who_look_and_have_no_position(place: Place) {
        let bench = Bench::open(place).await;
        let id = begin(&bench).await;
        let previews = bench.app.previews();
        assert!(!previews.watched(bench.owner.project()));
        let filter = EventFilter { previews: true, ..EventFilter::default() };
        let mut live = bench.app.events().subscribe(&bench.owner, None, filter).await.unwrap();
        previews.show(Preview {
            project_id: bench.owner.project(),
            run_id: id,
            root_id: id,
            key: Key::new("turn:1/model"),
            attempt: 1,
            piece: 1,
            text: "Hel".to_owned(),
            reasoning: false,
        });
        let shown = next(&mut live).await;
        assert_eq!((shown.event_type.as_str(), shown.position), ("run.delta", None));
        assert_eq!(shown.data["text"], "Hel");
    }

    async fn who_may_not_look_any_more_sees_nothing_more(place: Place) {
        let bench = Bench::open(place).await;
        let caller = bench.sign_in_as(Role::Viewer, "v@example.com").await;
        let Actor::User { user_id } = caller.actor() else { panic!("{caller:?}") };
        let events = bench.app.events();
        let mut live = events.subscribe(&caller, None, EventFilter::default()).await.unwrap();
        begin(&bench).await;
        assert_eq!(next(&mut live).await.event_type, "run.started");
        bench.app.users().deactivate(&bench.owner, user_id).await.unwrap();
        begin(&bench).await;
        let refused = live.next().await.unwrap_err();
        assert_eq!(refused.code(), "unauthenticated");
    }

    async fn who_lost_the_right_before_the_listening_began_sees_nothing(place: Place) {
        let bench = Bench::open(place).await;
        let caller = bench.sign_in_as(Role::Viewer, "v@example.com").await;
        let Actor::User { user_id } = caller.actor() else { panic!("{caller:?}") };
        bench.app.users().deactivate(&bench.owner, user_id).await.unwrap();
        let events = bench.app.events();
        let late = events.subscribe(&caller, None, EventFilter::default()).await;
        begin(&bench).await;
        assert_eq!(late.unwrap().next().await.unwrap_err().code(), "unauthenticated");
    }

    async fn a_reader_at_rest_is_woken_by_the_log(place: Place) {
        let bench = Bench::open(place).await;
        let mut live =
            bench.app.events().subscribe(&bench.owner, None, EventFilter::default()).await.unwrap();
        begin(&bench).await;
        assert_eq!(next(&mut live).await.event_type, "run.started");
        // The reader waits before there is anything, and less long than a rest lasts.
        let (woken, _) = tokio::join!(next(&mut live), begin(&bench));
        assert_eq!(woken.event_type, "run.started");
    }
}

/// A reader of previews at an app, as whoever owns the bench.
async fn reader(app: &gathering_app::App, bench: &Bench) -> Subscription {
    let types = vec!["run.delta".to_owned()];
    let filter = EventFilter { previews: true, types, ..EventFilter::default() };
    app.events().subscribe(&bench.owner, None, filter).await.unwrap()
}

/// Waits until an app knows whether somebody looks.
async fn watched(app: &gathering_app::App, bench: &Bench, wanted: bool) {
    let known = async {
        while app.previews().watched(bench.owner.project()) != wanted {
            tokio::task::yield_now().await;
        }
    };
    let waited = std::time::Duration::from_secs(20);
    tokio::time::timeout(waited, known).await.expect("instances hear of each other");
}

#[tokio::test]
async fn what_an_instance_says_is_seen_at_another_where_somebody_looks() {
    let mut bench = Bench::open(Place::postgres().await).await;
    let second = bench.second().await;
    // This one looks before the other is there, which asks who does.
    let mut live = reader(&second, &bench).await;
    bench.relay(&second);
    let app = bench.app.clone();
    assert!(!app.previews().watched(bench.owner.project()), "nobody has said so");
    bench.relay(&app);
    watched(&app, &bench, true).await;
    let id = begin(&bench).await;
    let speech = app.previews().speech(bench.owner.project(), (id, id), Key::new("k"), 1);
    let long = "ä \u{1} \"".repeat(2_000);
    for text in ["Once ", "upon ", "a time ", &long] {
        speech.say(text, false);
        speech.say("hm ", true);
    }
    drop(speech);
    let (mut said, mut thought, mut pieces) = (String::new(), String::new(), Vec::new());
    let wanted = format!("Once upon a time {long}");
    while said.len() < wanted.len() || thought.len() < "hm ".len() * 4 {
        let shown = next(&mut live).await;
        assert_eq!((shown.run_id, shown.position), (id, None));
        let text = shown.data["text"].as_str().unwrap();
        if shown.data["reasoning"] == true {
            thought.push_str(text);
        } else {
            said.push_str(text);
            pieces.push(shown.data["piece"].as_u64().unwrap());
        }
    }
    assert_eq!((said, thought.as_str()), (wanted, "hm hm hm hm "));
    let count = u64::try_from(pieces.len()).unwrap();
    assert_eq!(pieces, (1..=count).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_other_instances_cannot_take_is_lost_to_them_and_holds_up_nobody() {
    let mut bench = Bench::open(Place::postgres().await).await;
    let second = bench.second().await;
    let (mut here, mut there) = (reader(&bench.app, &bench).await, reader(&second, &bench).await);
    let app = bench.app.clone();
    bench.relay(&second);
    bench.relay(&app);
    drop(here);
    watched(&app, &bench, true).await;
    here = reader(&app, &bench).await;
    let id = begin(&bench).await;
    // All of it at once: nothing is awaited here.
    for piece in 1..=1_000 {
        app.previews().show(Preview {
            project_id: bench.owner.project(),
            run_id: id,
            root_id: id,
            key: Key::new("k"),
            attempt: 1,
            piece,
            text: "x".repeat(4_000),
            reasoning: false,
        });
    }
    for piece in 1..=1_000 {
        assert_eq!(next(&mut here).await.data["piece"], piece, "who looks here misses nothing");
    }
    let mut seen = Vec::new();
    app.previews().show(Preview {
        project_id: bench.owner.project(),
        run_id: id,
        root_id: id,
        key: Key::new("k"),
        attempt: 1,
        piece: 1_001,
        text: "y".to_owned(),
        reasoning: false,
    });
    while seen.last() != Some(&256) {
        seen.push(next(&mut there).await.data["piece"].as_u64().unwrap());
    }
    assert_eq!(seen, (1..=256).collect::<Vec<u64>>());
    // There is room again.
    let speech = app.previews().speech(bench.owner.project(), (id, id), Key::new("other"), 1);
    speech.say("on", false);
    let mut shown = next(&mut there).await;
    while shown.data["key"] == "k" {
        assert_eq!(shown.data["piece"], 1_001, "the gap shows");
        shown = next(&mut there).await;
    }
    assert_eq!(shown.data["text"], "on");
}

#[tokio::test]
async fn an_instance_hears_where_others_look_and_not_elsewhere() {
    let mut bench = Bench::open(Place::postgres().await).await;
    let second = bench.second().await;
    let app = bench.app.clone();
    bench.relay(&app);
    bench.relay(&second);
    let live = reader(&second, &bench).await;
    watched(&app, &bench, true).await;
    let other = gathering_domain::ProjectId::from_uuid(uuid::Uuid::from_u128(9));
    assert!(!app.previews().watched(other));
    drop(live);
    assert!(!second.previews().watched(bench.owner.project()), "it ends at once where they looked");
}
