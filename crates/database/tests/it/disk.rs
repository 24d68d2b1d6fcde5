//! A disk that refuses to write: nobody is told that their work is done, and the process must end.

use std::process::Command;

use gathering_database::{Database, DatabaseOptions, Error, Sql, Unit, params};
use gathering_testkit::temp_dir;
use tokio::task::JoinSet;

/// Tells this test that it runs in the process whose files may not grow.
const CHILD: &str = "GATHERING_TEST_SMALL_DISK";
/// Largest file that the process may write, in blocks of 512 or 1,024 bytes.
const BLOCKS: u32 = 2_000;
const CALLERS: i64 = 16;

const SCHEMA: &str = "CREATE TABLE blobs (id bigint PRIMARY KEY, data bytea NOT NULL)";
const INSERT: Sql = Sql::both("INSERT INTO blobs VALUES ($1, $2)");
const COUNT: Sql = Sql::both("SELECT count(*), max(id) FROM blobs");

#[test]
#[expect(clippy::disallowed_methods, reason = "the limit is that of a process, so it takes one")]
fn failed_commit_fails_all_its_units_and_is_fatal() {
    if std::env::var_os(CHILD).is_some() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        return runtime.unwrap().block_on(write_until_the_disk_refuses());
    }
    let script =
        format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$0\" --exact \"$1\" --nocapture");
    let name = "disk::failed_commit_fails_all_its_units_and_is_fatal";
    let output = Command::new("/bin/sh")
        .args(["-c", &script])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

async fn write_until_the_disk_refuses() {
    let directory = temp_dir();
    let database = Database::open(DatabaseOptions::sqlite(directory.path())).await.unwrap();
    database.script(SCHEMA).await.unwrap();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (database, broken) = (database.clone(), database.broken());
        callers.spawn(async move {
            let mut acknowledged = 0;
            loop {
                let id = acknowledged * CALLERS + caller;
                match database.apply(Unit::new().run(INSERT, params![id, vec![7_u8; 20_000]])).await
                {
                    Ok(_) => acknowledged += 1,
                    Err(error) => {
                        assert!(broken.is_cancelled(), "whoever is refused finds it broken");
                        return (acknowledged, error);
                    }
                }
            }
        });
    }
    let mut acknowledged = 0;
    for (count, error) in callers.join_all().await {
        assert!(matches!(error, Error::Fatal { .. }), "{error:?}");
        acknowledged += count;
    }
    assert!(acknowledged > 0);
    let later = database.apply(Unit::new().run(INSERT, params![-1, vec![0_u8]])).await.unwrap_err();
    assert!(matches!(later, Error::Fatal { .. }), "{later:?}");
    // What was acknowledged is there, and nothing else.
    let found = database.query::<(i64, Option<i64>)>(COUNT, params![]).await.unwrap();
    assert_eq!(found[0].0, acknowledged);
    database.close().await;
}
