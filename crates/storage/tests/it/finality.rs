//! A row of the log is shown only when none before it can appear any more.
//!
//! On PostgreSQL the order of positions is not the order of commits: a slow transaction may commit a
//! low position after a quick one has committed a higher one.

use std::sync::{Mutex, mpsc};

use gathering_database::{Sql, params};
use gathering_storage::{LogFilter, LogTail, Position, Storage, StorageError, read_log};
use gathering_testkit::Place;

use crate::support::{self, Node, PATIENCE, World, final_upto, soon};

/// Long enough for many looks at the end of the log, of which nothing may come.
const WHILE: std::time::Duration = std::time::Duration::from_millis(300);

/// The bytes of a row of the log with one section of no entries.
fn empty_row() -> Vec<u8> {
    vec![1]
}

/// Draws a position in a transaction that stays open, lets quicker ones pass, and tells how far readers
/// were led meanwhile, and in the end; and which rows there were.
pub(crate) async fn late_commit(place: &Place, unprotected: bool) -> [i64; 5] {
    const INSERT: Sql =
        Sql::both("INSERT INTO log (count, runs, entries) VALUES (0, $1, $1) RETURNING id");
    let world = World::new();
    let storage = Storage::open(support::database(place).await).await.unwrap();
    let (tail, service) = if unprotected {
        unprotected_tail(&storage).await
    } else {
        LogTail::open(storage.database()).await.unwrap()
    };
    let node = Node::with_tail(&storage, &world, tail, service).await;
    let run_id = node.own().await;
    final_upto(&node.tail, node.tail.last_written_row()).await;

    let (drawn, is_drawn) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let database = node.database().clone();
    let slow = support::spawn(async move {
        let commit = database.transact(move |tx| {
            let row: Option<(i64,)> = tx.query_opt(INSERT, params![empty_row()])?;
            let _ = drawn.send(row.map_or(0, |(row,)| row));
            let _ = released.lock().unwrap().recv_timeout(PATIENCE);
            Ok::<_, StorageError>(())
        });
        commit.await.unwrap();
    });
    let slow_row = tokio::task::spawn_blocking(move || is_drawn.recv_timeout(PATIENCE))
        .await
        .unwrap()
        .unwrap();
    // Of all transactions it is the youngest: no other has ended since.
    let led = tokio::time::timeout(WHILE, final_upto(&node.tail, slow_row));
    let _ = led.await;
    let before = node.tail.last_row();
    let quick_row = node.settle(run_id, 1..2).await.positions.unwrap().1.row();
    assert!(quick_row > slow_row, "the quick one came later and commits first");
    let led = tokio::time::timeout(WHILE, final_upto(&node.tail, slow_row));
    let _ = led.await;
    let meanwhile = node.tail.last_row();
    release.send(()).unwrap();
    slow.await.unwrap();
    soon(final_upto(&node.tail, quick_row)).await;
    let page =
        read_log(node.database(), &node.tail, Position::of(slow_row, 0), 10, LogFilter::default())
            .await
            .unwrap();
    assert_eq!(page.entries.len(), 1);
    let end = node.tail.last_row();
    node.stop().await;
    [before, meanwhile, end, slow_row, quick_row]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn reader_never_passes_a_row_that_commits_late() {
    let place = Place::postgres().await;
    let [before, meanwhile, end, slow_row, quick_row] = late_commit(&place, false).await;
    assert!(before < slow_row, "led to {before}, to the open row {slow_row}");
    assert!(meanwhile < slow_row, "led to {meanwhile}, past the open row {slow_row}");
    assert_eq!(end, quick_row);
}

#[cfg(feature = "sabotage")]
async fn unprotected_tail(storage: &Storage) -> (LogTail, gathering_storage::LogTailService) {
    LogTail::open_unprotected(storage.database()).await.unwrap()
}

#[cfg(not(feature = "sabotage"))]
async fn unprotected_tail(storage: &Storage) -> (LogTail, gathering_storage::LogTailService) {
    LogTail::open(storage.database()).await.unwrap()
}

/// A flush that fails leaves a gap; what comes behind it must be shown all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gap_that_a_failed_flush_leaves_holds_nobody_up() {
    const DRAW: Sql = Sql::each("SELECT 1", "SELECT nextval('log_id_seq')");
    let place = Place::postgres().await;
    let node = support::node(&place).await;
    let run_id = node.own().await;
    for seq in 1..4 {
        let drawn: Option<(i64,)> = node.database().query_opt(DRAW, params![]).await.unwrap();
        let row = node.settle(run_id, seq..seq + 1).await.positions.unwrap().1.row();
        assert!(row > drawn.unwrap().0);
        final_upto(&node.tail, row).await;
    }
    node.stop().await;
}

/// Only transactions of the same database can have drawn a position.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn long_transaction_of_another_database_holds_nobody_up() {
    const DRAW: Sql = Sql::each("SELECT 1", "SELECT nextval('log_id_seq')");
    const WRITE: Sql = Sql::both("UPDATE projections SET applied = applied WHERE name = $1");
    const LAST: Sql = Sql::each("SELECT 1", "SELECT 1 FROM pg_sleep(10)");
    let (place, other) = (Place::postgres().await, Place::postgres().await);
    let elsewhere = Storage::open(support::database(&other).await).await.unwrap();
    let (begun, has_begun) = mpsc::channel();
    let database = elsewhere.database().clone();
    let _long = support::spawn(async move {
        let commit = database.transact(move |tx| {
            tx.execute(WRITE, params!["journal_index"])?;
            let _ = begun.send(());
            tx.query_opt::<(i32,)>(LAST, params![]).map(drop)?;
            Ok::<_, StorageError>(())
        });
        commit.await
    });
    tokio::task::spawn_blocking(move || has_begun.recv_timeout(PATIENCE)).await.unwrap().unwrap();
    let node = support::node(&place).await;
    let run_id = node.own().await;
    let _: Option<(i64,)> = node.database().query_opt(DRAW, params![]).await.unwrap();
    let row = node.settle(run_id, 1..2).await.positions.unwrap().1.row();
    let shown = tokio::time::timeout(PATIENCE / 4, final_upto(&node.tail, row)).await;
    assert!(shown.is_ok(), "the gap is final though a transaction is under way elsewhere");
    node.stop().await;
}
