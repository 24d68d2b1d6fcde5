//! The journal index: a projection that lags, catches up, and can be built anew.

use gathering_database::{Sql, params};
use gathering_storage::{
    Database, DatabaseOptions, Projector, Sliced, Storage, forget_journal_index, load_journal,
};
use gathering_testkit::{Place, each_database, postgres::PrivateServer};

use crate::support::{Node, World, caught_up, database, final_upto, node};

async fn without_index(place: &Place) -> Node {
    let storage = Storage::open(database(place).await).await.unwrap();
    Node::without_index(&storage, &World::new()).await
}

/// Up to which row the database says that it is indexed.
async fn indexed_upto(database: &Database) -> i64 {
    let applied = Sql::both("SELECT applied FROM projections WHERE name = 'journal_index'");
    database.query_opt::<(i64,)>(applied, params![]).await.unwrap().unwrap().0
}

/// The index is written without waiting for the disk. What that loses is indexed again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crash_of_the_server_takes_the_index_back_and_no_entry() {
    let server = PrivateServer::start().await.unwrap();
    // What did not wait for the disk reaches it when others do, or after this.
    server.configure("wal_writer_delay = 10s").unwrap();
    server.restart().await.unwrap();
    let open = async || Database::open(DatabaseOptions::postgres(server.url())).await.unwrap();
    let world = World::new();
    let mut taken_back = false;
    // The server's own writer may come between, once in a while.
    for _ in 0..4 {
        let storage = Storage::open(open().await).await.unwrap();
        let node = Node::without_index(&storage, &world).await;
        let run_id = node.own().await;
        node.settle(run_id, 1..10).await;
        let projector = Projector::new(node.database(), &node.tail);
        final_upto(&node.tail, node.tail.last_written_row()).await;
        while projector.slice().await.unwrap() != Sliced::CaughtUp {}
        let journal = load_journal(node.database(), run_id).await.unwrap();
        assert_eq!(journal.len(), 10);
        let upto = indexed_upto(node.database()).await;
        server.stop_immediately().await.unwrap();
        server.start_again().await.unwrap();
        let storage = Storage::open(open().await).await.unwrap();
        taken_back |= indexed_upto(storage.database()).await < upto;
        assert_eq!(load_journal(storage.database(), run_id).await.unwrap(), journal);
        let next = Node::start(&storage, &world).await;
        next.own().await;
        caught_up(&next).await;
        assert!(indexed_upto(next.database()).await > upto);
        assert_eq!(load_journal(next.database(), run_id).await.unwrap(), journal);
        next.stop().await;
        if taken_back {
            return;
        }
    }
    panic!("the server never lost what it need not have kept");
}

each_database! {
    async fn journal_is_whole_before_and_after_it_is_indexed(place: Place) {
        let mut node = without_index(&place).await;
        let run_id = node.own().await;
        node.settle(run_id, 1..4).await;
        let unindexed = load_journal(node.database(), run_id).await.unwrap();
        assert_eq!(unindexed.len(), 4);
        node.index();
        caught_up(&node).await;
        assert_eq!(load_journal(node.database(), run_id).await.unwrap(), unindexed);
        // Part indexed, part tail.
        node.settle(run_id, 4..6).await;
        assert_eq!(load_journal(node.database(), run_id).await.unwrap().len(), 6);
        node.stop().await;
    }

    async fn crash_between_flush_and_index_loses_nothing(place: Place) {
        let storage = Storage::open(database(&place).await).await.unwrap();
        let world = World::new();
        let node = Node::without_index(&storage, &world).await;
        let run_id = node.own().await;
        node.settle(run_id, 1..10).await;
        node.stop().await;
        // The next process finds the log longer than its index.
        let next = Node::start(&storage, &world).await;
        assert_eq!(load_journal(next.database(), run_id).await.unwrap().len(), 10);
        next.settle(run_id, 10..11).await;
        caught_up(&next).await;
        assert_eq!(load_journal(next.database(), run_id).await.unwrap().len(), 11);
        next.stop().await;
    }

    async fn index_that_was_dropped_is_built_anew_and_equal(place: Place) {
        let node = node(&place).await;
        let mut runs = Vec::new();
        for _ in 0..20 {
            let run_id = node.own().await;
            node.settle(run_id, 1..3).await;
            runs.push(run_id);
        }
        caught_up(&node).await;
        let mut before = Vec::new();
        for run_id in &runs {
            before.push(load_journal(node.database(), *run_id).await.unwrap());
        }
        forget_journal_index(node.database()).await.unwrap();
        for (run_id, before) in runs.iter().zip(&before) {
            assert_eq!(&load_journal(node.database(), *run_id).await.unwrap(), before, "from the log alone");
        }
        let projector = Projector::new(node.database(), &node.tail);
        final_upto(&node.tail, node.tail.last_written_row()).await;
        while projector.slice().await.unwrap() != Sliced::CaughtUp {}
        for (run_id, before) in runs.iter().zip(&before) {
            assert_eq!(&load_journal(node.database(), *run_id).await.unwrap(), before, "from the index");
        }
        node.stop().await;
    }

    async fn two_appliers_never_index_a_row_twice(place: Place) {
        let node = without_index(&place).await;
        let run_id = node.own().await;
        for seq in 1..40 {
            node.settle(run_id, seq..seq + 1).await;
            final_upto(&node.tail, node.tail.last_written_row()).await;
            let one = Projector::new(node.database(), &node.tail);
            let other = Projector::new(node.database(), &node.tail);
            let both = tokio::join!(one.slice(), other.slice());
            let advanced = [both.0.unwrap(), both.1.unwrap()];
            let count = advanced.iter().filter(|did| matches!(did, Sliced::Advanced(_))).count();
            assert_eq!(count, 1, "{advanced:?}");
        }
        assert_eq!(load_journal(node.database(), run_id).await.unwrap().len(), 40);
        node.stop().await;
    }
}
