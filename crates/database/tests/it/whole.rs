//! Whole databases: copied beside their writer, left behind, read and filled table by table.

use std::fs;

use gathering_database::{
    ColumnKind, Database, DatabaseOptions, DirectoryClaim, Error, departed, params, snapshot,
};
use gathering_testkit::{Place, each_database, temp_dir};
use tokio::task::JoinSet;

use crate::support::{ADD, amount, id, insert, names, open, options};

/// Moves one from an item to another, so that the sum of both never changes.
async fn move_one(database: &Database) {
    let unit =
        gathering_database::Unit::new().run(ADD, params![id(1), -1]).run(ADD, params![id(2), 1]);
    database.apply(unit).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_one_moment_and_keeps_no_writer_waiting() {
    let (place, copies) = (Place::sqlite(), temp_dir());
    let database = open(&place).await;
    let fill = "INSERT INTO items (id, name, amount) WITH RECURSIVE n(i) AS ( \
        SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) \
        SELECT CAST(printf('%016d', i) AS blob), 'item ' || i, i FROM n";
    database.script(fill).await.unwrap();
    let start = "INSERT INTO items (id, name, amount) VALUES (x'00000000000000000000000000000001', 'a', 1000000), \
        (x'00000000000000000000000000000002', 'b', 0)";
    database.script(start).await.unwrap();
    for nth in 0..3 {
        let copy = copies.path().join(nth.to_string());
        fs::create_dir(&copy).unwrap();
        let before = amount(&database, 2).await.unwrap().unwrap();
        let mut copying = JoinSet::new();
        let (from, into) = (place.directory().unwrap(), copy.join("gathering.db"));
        copying.spawn(async move { snapshot(&from, &into).await });
        let mut moved = 0;
        while copying.try_join_next().map(|copied| copied.unwrap().unwrap()).is_none() {
            move_one(&database).await;
            moved += 1;
        }
        assert!(moved > 1, "the writer waited for the copy");
        let copied = Database::open(DatabaseOptions::sqlite(&copy)).await.unwrap();
        let (one, two) = (
            amount(&copied, 1).await.unwrap().unwrap(),
            amount(&copied, 2).await.unwrap().unwrap(),
        );
        assert_eq!(one + two, 1_000_000, "a transaction was copied in part");
        assert!((before..=before + moved).contains(&two), "{two}");
        assert_eq!(names(&copied).await.len(), 39_993);
        copied.close().await;
    }
    database.close().await;
    // Whose writer is gone, with and without its log beside it.
    snapshot(&place.directory().unwrap(), &copies.path().join("after.db")).await.unwrap();
    let missing = snapshot(copies.path(), &copies.path().join("none.db")).await;
    assert!(missing.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_beside_the_file_of_a_closed_database() {
    for _ in 0..10 {
        let place = Place::sqlite();
        let database = open(&place).await;
        database.apply(insert(1, "a")).await.unwrap();
        database.close().await;
        let mut left: Vec<_> = fs::read_dir(place.directory().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["gathering.db", "gathering.lock"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_has_gone_opens_for_those_alone_who_say_so() {
    let place = Place::sqlite();
    let directory = place.directory().unwrap();
    let database = open(&place).await;
    database.apply(insert(1, "a")).await.unwrap();
    assert!(DirectoryClaim::has_store(&directory));
    assert_eq!(departed(&directory).unwrap(), None);
    database.depart("to the sea".to_owned()).await.unwrap();
    assert_eq!(departed(&directory).unwrap().as_deref(), Some("to the sea"));
    database.close().await;
    let Err(error) = Database::open(options(&place)).await else { panic!("it has gone") };
    assert!(matches!(error, Error::Departed { .. }), "{error}");

    let database = Database::open(options(&place).though_departed()).await.unwrap();
    database.stay().await.unwrap();
    database.close().await;
    let database = Database::open(options(&place)).await.unwrap();
    assert_eq!(names(&database).await, ["a"]);
    database.depart("for good".to_owned()).await.unwrap();
    database.close_aside().await.unwrap();
    assert!(!DirectoryClaim::has_store(&directory));
    assert!(Database::open(options(&place)).await.is_err(), "no empty store takes its place");
    assert!(!DirectoryClaim::has_store(&directory));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claimed_directory_opens_for_nobody() {
    let place = Place::sqlite();
    let claim = DirectoryClaim::take(&place.directory().unwrap()).unwrap();
    let Err(error) = Database::open(options(&place)).await else { panic!("two at a time") };
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    drop(claim);
    Database::open(options(&place)).await.unwrap();
}

each_database! {
    async fn the_catalogue_tells_tables_and_columns(place: Place) {
        let database = open(&place).await;
        let tables = database.tables().await.unwrap();
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["items", "shelves"]);
        let columns: Vec<_> =
            tables[0].columns.iter().map(|column| (column.name.as_str(), column.kind)).collect();
        let expected = [
            ("id", ColumnKind::Uuid),
            ("name", ColumnKind::Text),
            ("amount", ColumnKind::Int),
            ("shelf", ColumnKind::Uuid),
            ("code", ColumnKind::Text),
        ];
        assert_eq!(columns, expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bulk_that_has_failed_commits_nothing() {
    let (here, there) = (Place::sqlite(), Place::postgres().await);
    let (source, target) = (open(&here).await, open(&there).await);
    assert!(matches!(source.bulk().await, Err(Error::Unfit { .. })));
    let table = source.tables().await.unwrap().remove(0);
    assert!(matches!(target.scan(&table).await, Err(Error::Unfit { .. })));
    source.apply(insert(1, "a")).await.unwrap();
    let batch = source.scan(&table).await.unwrap().next().await.unwrap().unwrap();

    let mut bulk = target.bulk().await.unwrap();
    bulk.fill(&table, &batch).await.unwrap();
    assert!(matches!(bulk.fill(&table, &batch).await, Err(Error::Unique { .. })));
    bulk.commit().await.unwrap_err();
    assert!(names(&target).await.is_empty());
    let mut bulk = target.bulk().await.unwrap();
    bulk.fill(&table, &batch).await.unwrap();
    let mut read = Vec::new();
    bulk.read(&table, |row| read.push(row)).await.unwrap();
    assert_eq!(read, batch);
    bulk.commit().await.unwrap();
    assert_eq!(names(&target).await, ["a"]);
}
