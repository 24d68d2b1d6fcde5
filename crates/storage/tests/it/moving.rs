//! An embedded store that moves to PostgreSQL: everything arrives as it was, or nothing does.

use std::{fmt::Write as _, time::Duration};

use gathering_database::{ColumnKind, Sql, Table, Unit, params};
use gathering_domain::{Actor, Timestamp};
use gathering_storage::{
    Database, DatabaseError, DatabaseOptions, Storage, StorageError,
    audit::Record,
    load_journal,
    moving::{Move, MoveProgress, ReadyMove, has_arrived, prepare_move},
    newest_version, schema_version,
};
use gathering_testkit::{FaultProxy, Place};
use uuid::Uuid;

use crate::support::{Node, World, caught_up, database, soon};

const ID: Uuid = Uuid::from_u128(0x30);

fn what() -> Move {
    let record = Record {
        id: Uuid::from_u128(1),
        stream: Uuid::from_u128(2),
        at: Timestamp::from_micros(3),
        content: "{}".to_owned(),
        action: "store.move",
        actor: serde_json::to_string(&Actor::LocalOwner).unwrap(),
        outcome: "done",
        project_id: None,
    };
    Move { id: ID, at: Timestamp::from_micros(3), record }
}

async fn prepare(source: &Database, target: &Database) -> Result<ReadyMove, StorageError> {
    prepare_move(source, target, what(), &mut |_| {}).await
}

async fn count(database: &Database, sql: Sql) -> i64 {
    database.query_opt::<(i64,)>(sql, params![]).await.unwrap().unwrap().0
}

/// One row for each table, whatever its columns are: a table that is added is moved by this as well.
fn rows_of_everything(tables: &[Table]) -> String {
    let mut text = String::new();
    for table in tables.iter().filter(|table| table.name != "schema_migrations") {
        let value = |(place, kind): (usize, ColumnKind)| match kind {
            ColumnKind::Uuid => format!("x'{place:032x}'"),
            ColumnKind::Int | ColumnKind::Bool => "1".to_owned(),
            ColumnKind::Real => "0.25".to_owned(),
            ColumnKind::Text => format!("'{place} ü \"漢'' \n'"),
            ColumnKind::Bytes => format!("x'00ff{place:02x}'"),
        };
        let kinds = table.columns.iter().map(|column| column.kind).enumerate();
        let values: Vec<String> = kinds.map(value).collect();
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let (names, values) = (names.join("\", \""), values.join(", "));
        writeln!(text, "INSERT INTO \"{}\" (\"{names}\") VALUES ({values});", table.name).unwrap();
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_engines_have_the_same_tables() {
    let (here, there) = (Place::sqlite(), Place::postgres().await);
    let mut found = Vec::new();
    for place in [&here, &there] {
        let storage = Storage::open(database(place).await).await.unwrap();
        let mut tables = storage.database().tables().await.unwrap();
        for table in &mut tables {
            table.columns.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        }
        found.push(tables);
    }
    assert!(found[0].len() > 25, "{:?}", found[0]);
    assert_eq!(found[0], found[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_and_no_kind_of_value_is_left_behind() {
    let (here, there) = (Place::sqlite(), Place::postgres().await);
    let source = Storage::open(database(&here).await).await.unwrap();
    let source = source.database();
    let tables = source.tables().await.unwrap();
    source.script(rows_of_everything(&tables)).await.unwrap();
    let target = database(&there).await;
    let mut compared = Vec::new();
    let mut show = |progress: MoveProgress<'_>| {
        if let MoveProgress::Compared(table) = progress {
            compared.push(table.clone());
        }
    };
    let ready = prepare_move(source, &target, what(), &mut show).await.unwrap();
    let moved = ready.tables.clone();
    assert_eq!(compared, moved);
    let names = |tables: Vec<String>| -> Vec<String> {
        tables.into_iter().filter(|name| name != "schema_migrations").collect()
    };
    let all = names(tables.iter().map(|table| table.name.clone()).collect());
    assert_eq!(names(moved.iter().map(|table| table.name.clone()).collect()), all);
    // The embedded store had rows of its own before: how far each projection has read the log.
    for table in &moved {
        let expected = if table.name == "projections" { 4 } else { 1 };
        assert_eq!(table.rows, expected, "{table:?}");
    }
    assert!(!has_arrived(&target, ID).await.unwrap(), "nothing is there before the commit");
    ready.commit().await.unwrap();
    assert!(has_arrived(&target, ID).await.unwrap());
    assert!(!has_arrived(&target, Uuid::from_u128(0x99)).await.unwrap());
    assert_eq!(schema_version(&target).await.unwrap(), Some(newest_version()));
    // The next start finds the schema as it left it.
    Storage::open(target).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journals_are_equal_and_go_on_where_the_store_arrives() {
    let (here, there) = (Place::sqlite(), Place::postgres().await);
    let world = World::new();
    let source = Storage::open(database(&here).await).await.unwrap();
    let node = Node::start(&source, &world).await;
    let mut runs = Vec::new();
    for length in 2..12 {
        let run_id = node.own().await;
        node.settle(run_id, 1..length).await;
        runs.push(run_id);
    }
    caught_up(&node).await;
    // One part stands in the log alone.
    let unindexed = node.own().await;
    node.settle(unindexed, 1..4).await;
    runs.push(unindexed);
    node.stop().await;
    let mut journals = Vec::new();
    for run_id in &runs {
        journals.push(load_journal(source.database(), *run_id).await.unwrap());
    }
    // Numbers that were given once are never given again, also if their rows are gone.
    let last = count(source.database(), Sql::both("SELECT max(id) FROM log")).await;
    let skip = Sql::both("UPDATE sqlite_sequence SET seq = seq + 1000 WHERE name = 'log'");
    source.database().apply(Unit::new().run(skip, params![])).await.unwrap();

    let target = database(&there).await;
    prepare(source.database(), &target).await.unwrap().commit().await.unwrap();
    let target = Storage::open(target).await.unwrap();
    for (run_id, journal) in runs.iter().zip(&journals) {
        assert_eq!(&load_journal(target.database(), *run_id).await.unwrap(), journal);
    }
    let next = Node::start(&target, &world).await;
    let run_id = next.own().await;
    next.settle(run_id, 1..5).await;
    caught_up(&next).await;
    assert_eq!(load_journal(next.database(), run_id).await.unwrap().len(), 5);
    let first = count(next.database(), Sql::both("SELECT min(id) FROM log WHERE id > 1000")).await;
    assert!(first > last + 1000, "{first} {last}");
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_without_its_commit_leaves_nothing() {
    let (here, there) = (Place::sqlite(), Place::postgres().await);
    let source = Storage::open(database(&here).await).await.unwrap();
    let target = database(&there).await;
    drop(prepare(source.database(), &target).await.unwrap());
    assert!(target.tables().await.unwrap().is_empty());
    // The same database takes it later.
    prepare(source.database(), &target).await.unwrap().commit().await.unwrap();
    let Err(error) = prepare(source.database(), &target).await else { panic!("moved twice") };
    assert!(matches!(error, StorageError::NotEmpty { tables } if tables > 25), "{error}");
    assert!(has_arrived(&target, ID).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_that_would_be_lost_stops_the_move() {
    let source = Place::sqlite();
    let source = Storage::open(database(&source).await).await.unwrap();
    let there = Place::postgres().await;
    let target = database(&there).await;
    for (value, found) in [("CAST(x'ff' AS text)", "broken text"), ("'a' || char(0)", "text")] {
        let insert = format!(
            "DELETE FROM projects; INSERT INTO projects (id, name, created_at) \
             VALUES (x'{:032x}', {value}, 0)",
            7
        );
        source.database().script(insert).await.unwrap();
        let Err(error) = prepare(source.database(), &target).await else { panic!("{found}") };
        let StorageError::Database(error) = error else { panic!("{error}") };
        let cause = std::error::Error::source(&error).unwrap().to_string();
        let place = format!("row 1 of table `projects` holds {found} in column `name`");
        assert!(cause.starts_with(&place), "{cause}");
        assert!(target.tables().await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_midway_leaves_nothing() {
    let (here, there) = (Place::sqlite(), Place::postgres().await);
    let source = Storage::open(database(&here).await).await.unwrap();
    // More than one batch.
    let fill = "INSERT INTO blobs (hash, size, bytes) WITH RECURSIVE n(i) AS ( \
        SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
        SELECT CAST(printf('%032d', i) AS blob), 1, zeroblob(100) FROM n";
    source.database().script(fill).await.unwrap();
    let (proxy, url) = FaultProxy::before(&there).await;
    let through = Database::open(DatabaseOptions::postgres(url)).await.unwrap();
    let mut show = |progress: MoveProgress<'_>| {
        if matches!(progress, MoveProgress::Written("blobs", _)) {
            proxy.cut_and_refuse();
        }
    };
    let moved = prepare_move(source.database(), &through, what(), &mut show).await;
    let Err(error) = moved else { panic!("nothing was cut") };
    assert!(
        matches!(error, StorageError::Database(DatabaseError::Unavailable { .. })),
        "{error:?}"
    );
    let direct = database(&there).await;
    assert!(direct.tables().await.unwrap().is_empty());
    prepare(source.database(), &direct).await.unwrap().commit().await.unwrap();
    assert_eq!(count(&direct, Sql::both("SELECT count(*) FROM blobs")).await, 10_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_found_later() {
    let (here, there) = (Place::sqlite(), Place::postgres().await);
    let source = Storage::open(database(&here).await).await.unwrap();
    let (proxy, url) = FaultProxy::before(&there).await;
    let through = Database::open(DatabaseOptions::postgres(url)).await.unwrap();
    let direct = database(&there).await;
    let ready = prepare(source.database(), &through).await.unwrap();
    proxy.hold_responses();
    let (committed, ()) = tokio::join!(ready.commit(), async {
        soon(async {
            while !has_arrived(&direct, ID).await.unwrap() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        proxy.cut();
        proxy.resume();
    });
    let error = committed.unwrap_err();
    assert!(
        matches!(&error, StorageError::Database(error) if error.outcome_unknown()),
        "{error:?}"
    );
    assert!(has_arrived(&through, ID).await.unwrap());
}
