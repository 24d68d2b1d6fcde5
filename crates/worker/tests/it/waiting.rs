//! Waits: timers, signals, and news that arrive in the very moment of parking.

use gathering_domain::{RunStatus, Waiting};
use gathering_engine::{EntryBody, Limits};
use gathering_testkit::{Place, each_database};
use serde_json::json;

use crate::{
    node::{Node, Start, count, signal, until},
    world::World,
};

each_database! {
    async fn a_timer_wakes_its_run_and_not_before(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let run = node.start(json!([{ "sleep": "nap", "ms": 300 }, { "do": "a" }])).await;
        let row = node.waits(run).await;
        assert_eq!((row.waiting, row.owner), (Some(Waiting::Timer), None));
        let driven = || async { node.inside.worker.driven() == 0 };
        until("nothing is held for a run that waits", driven).await;
        let journal = node.ended(run, RunStatus::Succeeded).await;
        let fired = journal.iter().find(|entry| entry.body.kind() == "timer_fired").unwrap();
        let due = journal.iter().find_map(|entry| match entry.body {
            EntryBody::TimerSet { due, .. } => Some(due),
            _ => None,
        });
        assert!(fired.at >= due.unwrap());
        node.stop().await;
    }

    async fn many_timers_fire_in_their_order(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let mut runs = Vec::new();
        for number in (0..40).rev() {
            let nap = json!({ "sleep": "nap", "ms": 200 + 10 * number });
            runs.push(node.start(json!([nap, { "do": "a" }])).await);
        }
        for run in runs {
            node.ended(run, RunStatus::Succeeded).await;
        }
        assert_eq!(world.attempts("a").len(), 40);
        node.stop().await;
    }

    async fn a_runs_time_limit_ends_its_wait(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let limits =
            Limits { timeout: Some(gathering_domain::Duration::from_millis(200)), ..Limits::default() };
        let steps = json!([{ "await": "never" }]);
        let run = node.start_with(Start { steps, limits, ..Start::default() }).await;
        node.ended(run, RunStatus::TimedOut).await;
        node.stop().await;
    }

    async fn a_signal_wakes_its_run(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let run = node.start(json!([{ "await": "answer" }, { "do": "a" }])).await;
        assert_eq!(node.waits(run).await.waiting, Some(Waiting::Signal));
        node.tell(run, signal("answer")).await;
        let journal = node.ended(run, RunStatus::Succeeded).await;
        assert_eq!(count(&journal, "signal_received"), 1);
        node.stop().await;
    }

    async fn a_signal_whose_notice_is_lost_is_found_by_the_poll(place: Place) {
        let world = World::new();
        let node = Node::open(&place, &world).await;
        let waits = node.start(json!([{ "await": "answer" }])).await;
        // A run that is driven has to be told; a run that waits has to be claimed.
        let working = json!([{ "all": [{ "await": "answer" }, { "do": "a", "input": { "gate": "a" } }] }]);
        let works = node.start(working).await;
        world.attempted("a", 1).await;
        node.waits(waits).await;
        node.tell_silently(waits, signal("answer")).await;
        node.tell_silently(works, signal("answer")).await;
        node.ended(waits, RunStatus::Succeeded).await;
        let heard = || async { count(&node.journal(works).await, "signal_received") == 1 };
        until("the run at work hears of it", heard).await;
        world.open("a");
        node.ended(works, RunStatus::Succeeded).await;
        node.stop().await;
    }

    async fn what_arrives_while_a_run_is_parked_is_never_lost(place: Place) {
        let world = World::new();
        let poll = gathering_domain::Duration::from_millis(50);
        let bounds = gathering_worker::WorkerOptions { poll, ..crate::node::usual() };
        let node = Node::open_with(crate::node::options(&place), bounds, &world).await;
        // Each signal is sent as soon as its wait is in the journal: at the moment of parking. Every
        // other notice is lost.
        let rounds = 30;
        let steps: Vec<_> = (0..rounds).map(|round| json!({ "await": format!("answer:{round}") })).collect();
        let mut runs = Vec::new();
        for _ in 0..8 {
            let (run, steps) = (node.start(json!(steps)).await, rounds);
            runs.push((run, node.run(move |inside| async move {
                for round in 0..steps {
                    let key = format!("answer:{round}");
                    loop {
                        let journal = gathering_storage::load_journal(&inside.database, run).await.unwrap();
                        let awaited = journal.iter().any(|entry| {
                            entry.body.kind() == "signal_awaited"
                                && entry.body.key().is_some_and(|one| one.as_str() == key)
                        });
                        if awaited {
                            break;
                        }
                        tokio::task::yield_now().await;
                    }
                    inside.tell(run, signal(&key), round % 2 == 0).await;
                }
            })));
        }
        let (ids, tellers): (Vec<_>, Vec<_>) = runs.into_iter().unzip();
        futures::future::join_all(tellers).await;
        for run in ids {
            let journal = node.ended(run, RunStatus::Succeeded).await;
            assert_eq!(count(&journal, "signal_received"), rounds);
        }
        node.stop().await;
    }
}
