//! Commits that are held back: whatever acts on an outcome waits until the disk has it.

use std::sync::{
    Arc, Mutex, OnceLock,
    mpsc::{self, Receiver},
};

use futures::future::BoxFuture;
use gathering_database::{Error, Sql, params};
use gathering_domain::RunStatus;
use gathering_engine::EffectOrder;
use gathering_storage::load_journal;
use gathering_testkit::{Place, each_database};
use gathering_worker::{Attempted, Performer, RunContext, WorkerOptions};
use serde_json::json;
use tokio::sync::oneshot;

use crate::{
    node::{Inside, Node, options, until, usual},
    takeover::NEVER,
    world::{Hands, World},
};

/// How often the store is read while it takes no writes: time enough to act too early.
const READS: usize = 20;
/// The longest that a commit is held back, well below what ends a silent transaction.
const HELD: std::time::Duration = std::time::Duration::from_secs(2);

/// The key of an attempt, and what its run's journal held when it was made.
type Seen = (String, Vec<String>);

/// Hands that look into the log before they do anything.
struct Witness {
    hands: Hands,
    inside: Arc<OnceLock<Inside>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Performer for Witness {
    fn perform(&self, order: EffectOrder, run: Arc<RunContext>) -> BoxFuture<'static, Attempted> {
        let (inside, seen) = (Arc::clone(&self.inside), Arc::clone(&self.seen));
        let (key, run_id) = (order.effect.key.to_string(), run.run_id);
        let done = self.hands.perform(order, run);
        Box::pin(async move {
            let database = &inside.get().unwrap().database;
            let journal = load_journal(database, run_id).await.unwrap();
            let line = |entry: &gathering_engine::Entry| {
                let key = entry.body.key().map_or_else(String::new, |key| format!(" {key}"));
                format!("{}{key}", entry.body.kind())
            };
            seen.lock().unwrap().push((key, journal.iter().map(line).collect()));
            done.await
        })
    }
}

/// Lets nobody write into the log until `release` is told or its time is over.
async fn hold(inside: Inside, held: oneshot::Sender<()>, release: Receiver<()>) {
    // On SQLite the closure itself holds the only writer.
    const LOCK: Sql = Sql::each("SELECT 1", "LOCK TABLE log IN EXCLUSIVE MODE");
    let (held, release) = (Mutex::new(Some(held)), Mutex::new(release));
    let holding = inside.database.transact::<_, Error, _>(move |tx| {
        tx.execute(LOCK, params![])?;
        if let Some(held) = held.lock().unwrap().take() {
            held.send(()).unwrap();
            release.lock().unwrap().recv_timeout(HELD).unwrap();
        }
        Ok(())
    });
    holding.await.unwrap();
}

each_database! {
    async fn nothing_acts_on_an_outcome_before_its_commit(place: Place) {
        let world = World::new();
        let (inside, seen) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(Vec::new())));
        let hands = Hands(Arc::clone(&world));
        let witness = Witness { hands, inside: Arc::clone(&inside), seen: Arc::clone(&seen) };
        let bounds = WorkerOptions { silence: NEVER, ..usual() };
        let node = Node::open_performing(options(&place), bounds, &world, |performers| {
            performers.with("hands", Arc::new(witness))
        })
        .await;
        assert!(inside.set(node.inside.clone()).is_ok());

        let first = json!({ "do": "first", "input": { "gate": "first" } });
        let mails = node.start(json!([first, { "do": "mail", "kind": "unsafe" }])).await;
        let looks = node.start(json!([first, { "do": "look" }])).await;
        world.attempted("first", 2).await;
        let (held, is_held) = oneshot::channel();
        let (release, released) = mpsc::channel();
        let writes = node.run(move |inside| hold(inside, held, released));
        let meanwhile = async {
            is_held.await.unwrap();
            world.open("first");
            until("both have their outcome", || async { world.is_idle() }).await;
            for _ in 0..READS {
                for run in [mails, looks] {
                    assert_eq!(node.journal(run).await.len(), 1, "no outcome is in the log");
                }
            }
            assert_eq!((world.attempts("mail"), world.attempts("look")), (vec![], vec![]));
            release.send(()).unwrap();
        };
        tokio::join!(writes, meanwhile);
        node.ended(mails, RunStatus::Succeeded).await;
        node.ended(looks, RunStatus::Succeeded).await;

        let seen = seen.lock().unwrap().clone();
        for (key, needed) in [
            ("mail", &["effect_settled first", "effect_attempted mail"][..]),
            ("look", &["effect_settled first"][..]),
        ] {
            let (_, journal) = seen.iter().find(|(of, _)| of == key).unwrap();
            for line in needed {
                assert!(journal.iter().any(|one| one == line), "{key} without {line}: {journal:?}");
            }
        }
        node.stop().await;
    }
}
