//! Tests of the event stream.

use gathering_app::{
    events::{Delivery, EventFilter, Preview, Subscription},
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
        assert!(!previews.watched());
        let filter = EventFilter { previews: true, ..EventFilter::default() };
        let mut live = bench.app.events().subscribe(&bench.owner, None, filter).await.unwrap();
        previews.show(Preview {
            project_id: bench.owner.project(),
            run_id: id,
            root_id: id,
            key: Key::new("turn:1/model"),
            attempt: 1,
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
