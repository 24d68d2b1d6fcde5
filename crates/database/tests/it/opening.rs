//! Opening and closing: refusals, durability, drain.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::{Arc, Barrier},
};

use gathering_database::{Database, DatabaseOptions, Engine, Error, snapshot};
use gathering_testkit::postgres::PrivateServer;
use gathering_testkit::{Place, each_database, temp_dir};
use tokio::task::JoinSet;

use crate::support::{NAMES, insert, names, open, open_with, options};

each_database! {
    async fn what_is_acknowledged_is_there_after_opening_again(place: Place) {
        let database = open(&place).await;
        let mut callers = JoinSet::new();
        for number in 0..50 {
            let database = database.clone();
            callers.spawn(async move { (number, database.apply(insert(number, &format!("{number:02}"))).await) });
        }
        let mut acknowledged = Vec::new();
        acknowledged.push(callers.join_next().await.unwrap().unwrap());
        database.close().await;
        acknowledged.extend(callers.join_all().await);
        let mut expected: Vec<_> = acknowledged
            .into_iter()
            .filter_map(|(number, result)| match result {
                Ok(_) => Some(format!("{number:02}")),
                Err(Error::Closed) => None,
                Err(error) => panic!("{error}"),
            })
            .collect();
        expected.sort();
        assert!(!expected.is_empty());
        let again = Database::open(options(&place)).await.unwrap();
        assert_eq!(names(&again).await, expected);
    }

    async fn closed_database_refuses_everything(place: Place) {
        let database = open(&place).await;
        database.close().await;
        database.close().await;
        assert!(matches!(database.apply(insert(1, "a")).await, Err(Error::Closed)));
        assert!(matches!(database.script("SELECT 1").await, Err(Error::Closed)));
        assert!(matches!(database.listen("a").await, Err(Error::Closed)) || database.engine() == Engine::Sqlite);
    }
}

#[tokio::test]
async fn second_process_is_refused_by_name_of_the_first() {
    let directory = temp_dir();
    let options = DatabaseOptions::sqlite(directory.path());
    let first = Database::open(options.clone()).await.unwrap();
    let Err(error) = Database::open(options.clone()).await else { panic!("two at a time") };
    assert!(
        matches!(error, Error::InUse { holder: Some(pid), .. } if pid == std::process::id()),
        "{error:?}"
    );
    let expected = format!(
        "data directory `{}` is in use by process {}",
        directory.path().display(),
        std::process::id()
    );
    assert_eq!(error.to_string(), expected);
    first.close().await;
    Database::open(options).await.expect("the directory is free");
}

#[tokio::test]
async fn server_that_could_lose_work_is_refused() {
    let server = PrivateServer::start().await.unwrap();
    for (line, setting) in
        [("synchronous_commit = off", "synchronous_commit"), ("fsync = off", "fsync")]
    {
        server.configure(line).unwrap();
        server.restart().await.unwrap();
        let Err(error) = Database::open(DatabaseOptions::postgres(server.url())).await else {
            panic!("{line} was accepted")
        };
        assert!(
            matches!(&error, Error::Unfit { setting: found, .. } if *found == setting),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn server_out_of_reach_is_said_to_be_so() {
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let Err(error) =
        Database::open(DatabaseOptions::postgres(format!("postgres://a:secret@{nobody}/b"))).await
    else {
        panic!("nobody answered")
    };
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    assert!(!format!("{error:?}").contains("secret"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_was_only_read_is_one_file_after_closing() {
    const READERS: usize = 4;
    let folder = temp_dir();
    let origin = folder.path().join("origin");
    let database = open_with(DatabaseOptions::sqlite(&origin)).await;
    database.close().await;
    // Often, because it is the order in which threads close their connections that matters.
    for nth in 0..100 {
        let copy = folder.path().join(nth.to_string());
        fs::create_dir(&copy).unwrap();
        snapshot(&origin, &copy.join("gathering.db")).await.unwrap();
        let options = DatabaseOptions::sqlite(&copy).readers(READERS);
        let database = Database::open(options).await.unwrap();
        let mut reads = JoinSet::new();
        let all = Arc::new(Barrier::new(READERS));
        for _ in 0..READERS {
            let (database, all) = (database.clone(), Arc::clone(&all));
            reads.spawn(async move {
                let read = database.read(move |reader| {
                    all.wait();
                    reader.query::<(String,)>(NAMES, Vec::new())
                });
                read.await.unwrap()
            });
        }
        reads.join_all().await;
        database.close().await;
        assert!(!copy.join("gathering.db-wal").exists(), "copy {nth}");
    }
}

#[tokio::test]
async fn files_of_a_store_are_their_owners_alone() {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = temp_dir();
    let made = folder.path().join("made/by/us");
    let others = folder.path().join("others");
    fs::create_dir(&others).unwrap();
    fs::set_permissions(&others, fs::Permissions::from_mode(0o755)).unwrap();
    for directory in [&made, &others] {
        let database = Database::open(DatabaseOptions::sqlite(directory)).await.unwrap();
        database.script("CREATE TABLE t (id bigint)").await.unwrap();
        for file in ["gathering.db", "gathering.db-wal"] {
            assert_eq!(mode(&directory.join(file)), 0o600, "{file}");
        }
        database.close().await;
    }
    assert_eq!(mode(&made), 0o700);
}
