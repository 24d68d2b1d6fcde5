//! Payloads stay until nobody refers to them any more.

use std::sync::{Mutex, mpsc};

use gathering_database::{Unit, params};
use gathering_storage::{
    Blob, LogFilter, Position, find_blob, insert_blob, load_journal, read_log,
    retention::{Counted, count_blobs},
};
use gathering_testkit::{Place, each_database};
use tokio::sync::oneshot;

use super::*;
use crate::support::{caught_up, final_upto, node, soon, spawn, waiting_for_locks};

const BLOBS: &str = "SELECT count(*) FROM blobs";
const REFS: &str = "SELECT count(*) FROM blob_refs";
const REFER: Sql = Sql::both("INSERT INTO blob_refs (run_id, hash) VALUES ($1, $2)");
const REMOVED: Sql = Sql::both(
    "INSERT INTO removed_runs (run_id, root_run_id, first_run_id, removed_at) VALUES ($1, $1, $1, 0)",
);

each_database! {
    async fn payload_of_two_runs_stays_until_the_last_has_gone(place: Place) {
        let node = node(&place).await;
        let text = "the same in both ".repeat(1_000);
        node.ended(&text).await;
        node.world.clock.advance(DAY);
        let later = node.ended(&text).await;
        node.world.clock.advance(Duration::from_secs(29 * 24 * 3600));
        assert_eq!(node.remove(node.old()).await, 1);
        assert_eq!(node.clear().await, Cleared { runs: 1, blobs: 0, more: false });
        assert_eq!(load_journal(node.database(), later).await.unwrap().len(), 3);
        node.world.clock.advance(DAY);
        assert_eq!(node.remove(node.old()).await, 1);
        assert_eq!(node.clear().await, Cleared { runs: 1, blobs: 1, more: false });
        assert_eq!(count(node.database(), BLOBS).await, 0);
        node.stop().await;
    }

    async fn payload_that_is_stored_again_meanwhile_stays(place: Place) {
        let node = node(&place).await;
        let payload = Blob::new(&b"somebody's ".repeat(1_000));
        let (old, new) = (node.world.run_id(), node.world.run_id());
        let unit = Unit::new()
            .with(insert_blob(&payload).into())
            .run(REFER, params![old.uuid(), &payload.hash.0[..]])
            .run(REMOVED, params![old.uuid()]);
        node.database().apply(unit).await.unwrap();
        // Somebody stores it, and has not committed yet.
        let ((begun, begins), (go_on, goes_on)) = (oneshot::channel(), mpsc::channel::<()>());
        let shared = Mutex::new((Some(begun), goes_on));
        let (again, database) = (payload.clone(), node.database().clone());
        let storing = spawn(async move {
            let store = database.transact(move |tx| -> gathering_database::Result<()> {
                insert_blob(&again).run_in(tx)?;
                tx.execute(REFER, params![new.uuid(), &again.hash.0[..]])?;
                let mut shared = shared.lock().unwrap();
                if let Some(begun) = shared.0.take() {
                    begun.send(()).unwrap();
                    shared.1.recv().unwrap();
                }
                Ok(())
            });
            store.await
        });
        soon(begins).await.unwrap();
        let (database, now) = (node.database().clone(), node.now());
        let clearing = spawn(async move { retention::clear_removed(&database, now).await });
        if place.directory().is_none() {
            let mut ticks = tokio::time::interval(std::time::Duration::from_millis(2));
            soon(async {
                while waiting_for_locks(&node).await == 0 {
                    ticks.tick().await;
                }
            })
            .await;
        }
        go_on.send(()).unwrap();
        soon(storing).await.unwrap().unwrap();
        let cleared = soon(clearing).await.unwrap().unwrap();
        assert_eq!((cleared.runs, cleared.blobs), (1, 0));
        assert!(find_blob(payload.hash).first(node.database()).await.unwrap().is_some());
        assert_eq!(count(node.database(), REFS).await, 1);
        node.stop().await;
    }

    async fn what_earlier_programs_have_written_is_counted(place: Place) {
        let node = node(&place).await;
        for _ in 0..3 {
            node.ended(&"large ".repeat(1_000)).await;
        }
        assert_eq!(count(node.database(), REFS).await, 3);
        write(node.database(), Sql::both("DELETE FROM blob_refs"), params![]).await;
        let mut steps = 0;
        while count_blobs(node.database(), &node.tail).await.unwrap() != Counted::All {
            steps += 1;
            assert!(steps < 10);
        }
        assert_eq!(count(node.database(), REFS).await, 3);
        // Nobody counts again.
        write(node.database(), Sql::both("DELETE FROM blob_refs"), params![]).await;
        assert_eq!(count_blobs(node.database(), &node.tail).await.unwrap(), Counted::All);
        assert_eq!(count(node.database(), REFS).await, 0);
        node.stop().await;
    }

    async fn whoever_reads_the_log_steps_over_payloads_that_are_gone(place: Place) {
        let node = node(&place).await;
        let run_id = node.ended(&"large ".repeat(1_000)).await;
        caught_up(&node).await;
        node.world.clock.advance(KEPT);
        let kept = node.ended(&"not as large".repeat(1_000)).await;
        assert_eq!(node.remove(node.old()).await, 1);
        assert_eq!(node.clear().await.blobs, 1);
        final_upto(&node.tail, node.tail.last_written_row()).await;
        let read = read_log(node.database(), &node.tail, Position(0), 100, LogFilter::default());
        let page = read.await.unwrap();
        let of = |id| page.entries.iter().filter(|entry| entry.run_id == id).count();
        assert_eq!((of(run_id), of(kept)), (2, 3));
        assert!(page.entries.iter().all(|entry| entry.entry.is_ok()));
        node.stop().await;
    }
}
