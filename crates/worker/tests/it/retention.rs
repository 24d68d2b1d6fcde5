//! What is old goes by itself, and whatever is under way goes on with all that it had.

use std::sync::Arc;

use gathering_database::Sql;
use gathering_domain::{Clock, Duration, MicroUsd, RunId, RunStatus, Timestamp};
use gathering_storage::{LogTail, find_budget, load_journal};
use gathering_testkit::{ManualClock, Place, each_database};
use gathering_worker::{Keeps, Observer, Pass, Reconciler, Unobserved};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    node::{Inside, Node, Start, signal, until},
    world::World,
};

const DAY: Duration = Duration::from_secs(24 * 3600);
const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);

/// Rows of the log that are read there. A partition is dropped once all of it is older.
const READ: &str = "SELECT count(*) FROM log \
    WHERE id > (SELECT applied FROM projections WHERE name = 'log_line')";

/// Two that look after the same store, by a clock of their own.
struct Two {
    clock: Arc<ManualClock>,
    keeps: Keeps,
}

impl Two {
    /// From a time on when all that has ended so far is old.
    fn later(keeps: Keeps, now: Timestamp) -> Arc<Self> {
        let clock = ManualClock::default();
        clock.set(now + KEPT + DAY);
        Arc::new(Self { clock: Arc::new(clock), keeps })
    }

    /// Each makes a pass, at the same time.
    async fn pass(self: &Arc<Self>, node: &Node) -> Vec<Pass> {
        let two = Arc::clone(self);
        let passes = node.run(|Inside { database, .. }| async move {
            let (tail, service) = LogTail::open(&database).await.unwrap();
            let stop = CancellationToken::new();
            let one = || {
                let clock = Arc::clone(&two.clock) as Arc<dyn Clock>;
                let observer: Arc<dyn Observer> = Arc::new(Unobserved);
                Reconciler::new(&database, &tail, clock, observer, two.keeps)
            };
            let (first, second) = (one(), one());
            let looked = async {
                // On PostgreSQL the end of the log is known only after a while.
                tail.watch().wait_for(|last| *last > 0).await.unwrap();
                let passes = tokio::join!(first.pass(), second.pass());
                stop.cancel();
                passes
            };
            let ((first, second), ()) = tokio::join!(looked, service.run(stop.clone()));
            [first.unwrap(), second.unwrap()]
        });
        passes.await.into_iter().flatten().collect()
    }
}

fn sum(passes: &[Pass], of: impl Fn(&Pass) -> u64) -> u64 {
    passes.iter().map(of).sum()
}

async fn is_there(node: &Node, run_id: RunId) -> bool {
    let found = node.run(move |Inside { database, .. }| async move {
        gathering_storage::find_run(run_id).first(&database).await.unwrap()
    });
    found.await.is_some()
}

async fn count(node: &Node, sql: &'static str) -> i64 {
    let found = node.run(move |Inside { database, .. }| async move {
        database.query_opt::<(i64,)>(Sql::each(sql, sql), Vec::new()).await.unwrap()
    });
    found.await.unwrap().0
}

each_database! {
    async fn old_runs_go_and_those_under_way_go_on(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let steps = json!([{ "do": "a" }, { "await": "answer" }, { "do": "b" }]);
        let budget = Some(MicroUsd(1_000));
        let waiting = node.start_with(Start { steps, budget, ..Start::default() }).await;
        node.waits(waiting).await;
        let mut ended = Vec::new();
        for _ in 0..5 {
            let run = node.start(json!([{ "do": "a" }, { "do": "b", "kind": "unsafe" }])).await;
            node.ended(run, RunStatus::Succeeded).await;
            ended.push(run);
        }
        let journal = node.journal(waiting).await;
        let spent = async || {
            node.run(move |Inside { database, .. }| async move {
                find_budget(waiting).first(&database).await.unwrap()
            }).await
        };
        let budget = spent().await;
        assert!(budget.is_some());
        let rows = count(&node, READ).await;
        // So that what is behind the last of them may go as well.
        until("the journal index has come so far", || async {
            count(&node, "SELECT applied - (SELECT max(id) FROM log) FROM projections \
                WHERE name = 'journal_index'").await >= 0
        }).await;

        let keeps = Keeps { runs: Some(KEPT), ..Keeps::default() };
        let two = Two::later(keeps, node.clock.now());
        let passes = two.pass(&node).await;
        assert_eq!(sum(&passes, |pass| pass.runs), 5, "{passes:?}");
        for run in ended {
            assert!(!is_there(&node, run).await);
        }
        assert_eq!(node.journal(waiting).await, journal);
        // What is left of them goes once nobody can be reading it any more.
        assert_eq!(count(&node, "SELECT count(*) FROM removed_runs").await, 5);
        two.clock.advance(Duration::from_secs(3600));
        let passes = two.pass(&node).await;
        assert_eq!(sum(&passes, |pass| pass.runs), 0);
        assert_eq!(count(&node, "SELECT count(*) FROM removed_runs").await, 0);
        let left = count(&node, READ).await;
        assert!(left < rows / 2, "{left} of {rows} rows are left");
        assert_eq!(spent().await, budget);

        // It reads what it had from the archive, and comes to its end.
        assert_eq!(node.journal(waiting).await, journal);
        node.tell(waiting, signal("answer")).await;
        let whole = node.ended(waiting, RunStatus::Succeeded).await;
        assert_eq!(whole[..journal.len()], journal);
        let again = node.run(move |Inside { database, .. }| async move {
            load_journal(&database, waiting).await.unwrap()
        }).await;
        assert_eq!(again, whole);
        node.stop().await;
    }

    async fn nothing_goes_where_nothing_is_said(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let run = node.start(json!([{ "do": "a" }])).await;
        node.ended(run, RunStatus::Succeeded).await;
        let two = Two::later(Keeps::default(), node.clock.now());
        let passes = two.pass(&node).await;
        assert!(passes.iter().all(|pass| *pass == Pass::default()), "{passes:?}");
        assert!(is_there(&node, run).await);

        // While an instance of an earlier program is alive, nobody looks.
        node.script("UPDATE instances SET retains = false".to_owned()).await;
        let two = Two::later(Keeps { runs: Some(KEPT), ..Keeps::default() }, node.clock.now());
        assert_eq!(two.pass(&node).await, []);
        assert!(is_there(&node, run).await);
        node.stop().await;
    }
}
