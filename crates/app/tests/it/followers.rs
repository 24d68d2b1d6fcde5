//! Tests of the followers of the log: each event is acted on, in order, and once over all instances.

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use gathering_app::{
    App, Error, Result,
    events::{Envelope, Follower, Follows},
    pipelines::Source,
    runs::Runnable,
};
use gathering_domain::{Clock as _, Duration, RunId};
use gathering_storage::cursors;
use gathering_testkit::{Place, each_database};
use serde_json::json;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    runs::start::start,
    support::{Bench, echo},
};

/// How long a test waits for what must come.
const WAITS: std::time::Duration = std::time::Duration::from_secs(20);

/// What an instance does when it is given an event for the nth time.
type Answer = dyn Fn(&Envelope, u32) -> Result<()> + Send + Sync;

/// What happened to events, over all instances of a test.
#[derive(Clone)]
struct Notes {
    told: Arc<watch::Sender<Vec<(&'static str, RunId)>>>,
    given_up: Arc<Mutex<Vec<(RunId, String)>>>,
    wanted: Arc<Mutex<bool>>,
}

/// One instance's follower.
struct Noting {
    name: &'static str,
    notes: Notes,
    answer: Arc<Answer>,
    tried: Mutex<u32>,
}

impl Notes {
    fn new() -> Self {
        let (told, _) = watch::channel(Vec::new());
        let wanted = Arc::new(Mutex::new(true));
        Self { told: Arc::new(told), given_up: Arc::default(), wanted }
    }

    /// Follows on an instance, until the token is cancelled.
    fn follow(
        &self,
        name: &'static str,
        app: &App,
        answer: impl Fn(&Envelope, u32) -> Result<()> + Send + Sync + 'static,
    ) -> (CancellationToken, JoinHandle<()>) {
        let (notes, answer) = (self.clone(), Arc::new(answer));
        let noting = Noting { name, notes, answer, tried: Mutex::default() };
        let stop = CancellationToken::new();
        #[expect(clippy::disallowed_methods, reason = "the test awaits or aborts it")]
        let task = tokio::spawn(Follower::new(app, noting).run(stop.clone()));
        (stop, task)
    }

    /// Waits until so many events were acted on, and answers of which runs.
    async fn runs(&self, count: usize) -> Vec<RunId> {
        let mut told = self.told.subscribe();
        let enough = tokio::time::timeout(WAITS, told.wait_for(|told| told.len() >= count)).await;
        let told = enough.expect("the events are acted on").unwrap().clone();
        told.into_iter().map(|(_, run)| run).collect()
    }

    fn by(&self) -> Vec<&'static str> {
        self.told.borrow().iter().map(|(name, _)| *name).collect()
    }
}

impl Follows for Noting {
    fn cursor(&self) -> &'static str {
        "test"
    }

    fn wanted(&self) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async { Ok(*self.notes.wanted.lock().unwrap()) })
    }

    fn act<'a>(&'a self, events: &'a [Envelope]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            for event in events {
                let tries = {
                    let mut tried = self.tried.lock().unwrap();
                    *tried += 1;
                    *tried
                };
                (self.answer)(event, tries)?;
                self.notes.told.send_modify(|told| {
                    // Whoever acts does each thing once.
                    if told.iter().all(|(_, run)| *run != event.run_id) {
                        told.push((self.name, event.run_id));
                    }
                });
            }
            Ok(())
        })
    }

    fn give_up<'a>(&'a self, event: &'a Envelope, why: &'a Error) -> BoxFuture<'a, Result<()>> {
        self.notes.given_up.lock().unwrap().push((event.run_id, why.code().to_owned()));
        Box::pin(async { Ok(()) })
    }
}

async fn begin(bench: &Bench) -> RunId {
    let command = start(Runnable::Definition(Source::Json(echo("echo"))), json!({ "n": 1 }));
    bench.app.runs().start(&bench.owner, command).await.unwrap().run.id
}

async fn begin_some(bench: &Bench, count: usize) -> Vec<RunId> {
    let mut begun = Vec::new();
    for _ in 0..count {
        begun.push(begin(bench).await);
    }
    begun
}

/// Makes the cursor where the log ends now.
async fn followed_from_now(bench: &Bench) {
    let unit = gathering_storage::Unit::new().with(cursors::begin("test").into());
    bench.storage.database().apply(unit).await.unwrap();
}

each_database! {
    async fn events_after_the_beginning_come_in_order_and_once(place: Place) {
        let bench = Bench::open(place).await;
        begin_some(&bench, 2).await;
        followed_from_now(&bench).await;
        let begun = begin_some(&bench, 20).await;
        let notes = Notes::new();
        let (stop, task) = notes.follow("one", &bench.app, |_, _| Ok(()));
        assert_eq!(notes.runs(20).await, begun);
        let later = begin_some(&bench, 3).await;
        assert_eq!(notes.runs(23).await[20..], later);
        stop.cancel();
        task.await.unwrap();
        // Whoever comes next goes on where this one was told to stop.
        let last = begin(&bench).await;
        let next = Notes::new();
        let (_stop, task) = next.follow("two", &bench.app, |_, _| Ok(()));
        assert_eq!(next.runs(1).await, [last]);
        task.abort();
    }

    async fn an_event_that_cannot_be_acted_on_is_given_up_and_blocks_nobody(place: Place) {
        let bench = Bench::open(place).await;
        followed_from_now(&bench).await;
        let begun = begin_some(&bench, 4).await;
        let (broken, breaks) = (begun[1], begun[2]);
        let notes = Notes::new();
        let (_stop, task) = notes.follow("one", &bench.app, move |event, _| {
            assert!(event.run_id != breaks, "the handler breaks off, as it should");
            let poison = event.run_id == broken;
            if poison { Err(Error::not_found("thing", "x")) } else { Ok(()) }
        });
        assert_eq!(notes.runs(2).await, [begun[0], begun[3]]);
        let given_up = notes.given_up.lock().unwrap().clone();
        assert_eq!(given_up, [(broken, "not_found".to_owned()), (breaks, "internal".to_owned())]);
        task.abort();
    }

    async fn a_failure_that_may_pass_is_tried_for_as_long_as_it_takes(place: Place) {
        let bench = Bench::open(place).await;
        followed_from_now(&bench).await;
        let begun = begin_some(&bench, 2).await;
        let notes = Notes::new();
        let (_stop, task) = notes.follow("one", &bench.app, move |_, tries| {
            let retry_after = Duration::from_secs(1);
            if tries < 7 { Err(Error::Busy { what: "a test", retry_after }) } else { Ok(()) }
        });
        assert_eq!(notes.runs(2).await, begun);
        assert!(notes.given_up.lock().unwrap().is_empty());
        task.abort();
    }

    async fn a_holder_whose_clock_was_ahead_keeps_nobody_from_reading_on(place: Place) {
        let bench = Bench::open(place).await;
        followed_from_now(&bench).await;
        let now = bench.clock.now();
        let hour = Duration::from_secs(3_600);
        let hold = cursors::hold("test", Uuid::from_u128(1), now + hour, (now, now + hour));
        let unit = gathering_storage::Unit::new().with(hold.into());
        assert_eq!(bench.storage.database().apply(unit).await.unwrap().count(0), 1);
        let begun = begin(&bench).await;
        let notes = Notes::new();
        let (_stop, task) = notes.follow("one", &bench.app, |_, _| Ok(()));
        assert_eq!(notes.runs(1).await, [begun]);
        task.abort();
    }

    async fn how_far_a_cursor_is_behind_is_told_in_rows(place: Place) {
        let bench = Bench::open(place).await;
        followed_from_now(&bench).await;
        let behind = async || cursors::behind().all(bench.storage.database()).await.unwrap();
        assert_eq!(behind().await, [("test".to_owned(), 0)]);
        begin_some(&bench, 3).await;
        let rows = behind().await[0].1;
        assert!((1..=3).contains(&rows), "{rows}");
        let notes = Notes::new();
        let (stop, task) = notes.follow("one", &bench.app, |_, _| Ok(()));
        notes.runs(3).await;
        stop.cancel();
        task.await.unwrap();
        assert_eq!(behind().await, [("test".to_owned(), 0)]);
    }

    async fn what_comes_while_nobody_wants_events_is_passed_over(place: Place) {
        let bench = Bench::open(place).await;
        followed_from_now(&bench).await;
        let notes = Notes::new();
        *notes.wanted.lock().unwrap() = false;
        let unwanted = begin(&bench).await;
        let (_stop, task) = notes.follow("one", &bench.app, |_, _| Ok(()));
        let start = cursors::find("test").first(bench.storage.database()).await.unwrap().unwrap();
        let passed = async {
            loop {
                let row = cursors::find("test").first(bench.storage.database()).await.unwrap();
                if row.unwrap().position > start.position {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WAITS, passed).await.expect("the cursor moves on");
        *notes.wanted.lock().unwrap() = true;
        let wanted = begin(&bench).await;
        assert_eq!(notes.runs(1).await, [wanted]);
        assert_ne!(unwanted, wanted);
        task.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_act_once_and_one_goes_on_for_the_other() {
    let mut bench = Bench::open(Place::postgres().await).await;
    followed_from_now(&bench).await;
    let second = bench.second_that_reads().await;
    let notes = Notes::new();
    let (one_stops, one) = notes.follow("one", &bench.app, |_, _| Ok(()));
    let mut begun = vec![begin(&bench).await];
    assert_eq!(notes.runs(1).await, begun);
    assert_eq!(notes.by(), ["one"]);
    // While the first holds the cursor, the second does nothing.
    let (_stop, two) = notes.follow("two", &second, |_, _| Ok(()));
    begun.extend(begin_some(&bench, 10).await);
    assert_eq!(notes.runs(11).await, begun);
    assert!(notes.by().iter().all(|name| *name == "one"), "{:?}", notes.by());
    // Told to stop, it lets go, though its lease would last.
    one_stops.cancel();
    one.await.unwrap();
    begun.push(begin(&bench).await);
    assert_eq!(notes.runs(12).await, begun);
    assert_eq!(notes.by().last(), Some(&"two"));
    // One that dies does not: its lease runs out.
    two.abort();
    let (_stop, three) = notes.follow("three", &bench.app, |_, _| Ok(()));
    begun.push(begin(&bench).await);
    bench.pass(Duration::from_secs(4));
    assert_eq!(notes.runs(13).await, begun);
    assert_eq!(notes.by().last(), Some(&"three"));
    three.abort();
}
