//! Lost connections: said to be lost, and cleared up before anyone goes on.

use std::time::Duration;

use gathering_database::{Database, DatabaseOptions, Error, Notice, Sql, Unit, params};
use gathering_testkit::FaultProxy;
use gathering_testkit::postgres::PrivateServer;
use tokio::task::JoinSet;
use tokio_postgres::NoTls;

use crate::support::{INSERT, SET_AMOUNT, amount, id, insert, item, names, open_with};

/// Longest wait for something that must happen.
const DEADLINE: Duration = Duration::from_secs(20);

/// A server, a way to it that can be broken, and a database opened over each.
struct Site {
    server: PrivateServer,
    proxy: FaultProxy,
    through: Database,
    direct: Database,
}

async fn site() -> Site {
    let server = PrivateServer::start().await.unwrap();
    let proxy = FaultProxy::start(server.address()).await.unwrap();
    let direct = open_with(DatabaseOptions::postgres(server.url())).await;
    let through =
        Database::open(DatabaseOptions::postgres(server.url_through(&proxy))).await.unwrap();
    Site { server, proxy, through, direct }
}

/// Waits until something is so.
async fn until(what: &str, mut check: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + DEADLINE;
    while !check().await {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commit_whose_answer_is_lost_can_be_read_after_recovery() {
    let Site { server: _server, proxy, through, direct } = site().await;
    let lane = through.lane().await.unwrap();
    lane.apply(insert(1, "before")).await.unwrap();
    proxy.hold_responses();
    let (result, ()) = tokio::join!(lane.apply(insert(2, "unheard")), async {
        until("the commit has reached the server", async || {
            amount(&direct, 2).await.unwrap().is_some()
        })
        .await;
        proxy.cut();
        proxy.resume();
    });
    assert!(matches!(result, Err(Error::Lost { .. })), "{result:?}");
    let refused = lane.apply(insert(3, "too early")).await;
    assert!(matches!(refused, Err(Error::Unavailable { .. })), "{refused:?}");
    lane.recover().await.unwrap();
    assert_eq!(names(&through).await, ["before", "unheard"]);
    lane.apply(insert(3, "after")).await.unwrap();
}

/// A row lock that is held until this is dropped.
async fn hold_row(server: &PrivateServer) -> JoinSet<()> {
    let (client, connection) = tokio_postgres::connect(&server.url(), NoTls).await.unwrap();
    let mut holder = JoinSet::new();
    holder.spawn(async move {
        let _ = connection.await;
    });
    let text = format!("BEGIN; UPDATE items SET amount = 99 WHERE id = '{}'", id(1));
    client.batch_execute(&text).await.unwrap();
    holder.spawn(async move {
        let _client = client;
        std::future::pending::<()>().await;
    });
    holder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recovery_ends_a_transaction_that_still_runs_on_the_server() {
    const WAITING: Sql =
        Sql::both("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    let Site { server, proxy, through, direct } = site().await;
    let lane = through.lane().await.unwrap();
    lane.apply(insert(1, "row")).await.unwrap();
    let held = hold_row(&server).await;
    let stuck = insert(2, "stuck").run(SET_AMOUNT, params![id(1), 3]);
    let (result, ()) = tokio::join!(lane.apply(stuck), async {
        until("the lane waits inside the server", async || {
            direct.query::<(i64,)>(WAITING, params![]).await.unwrap() == [(1,)]
        })
        .await;
        proxy.cut();
    });
    assert!(matches!(result, Err(Error::Lost { .. })), "{result:?}");
    lane.recover().await.unwrap();
    // Had its session lived on, the unit would now be applied behind our back.
    drop(held);
    lane.apply(Unit::new().run(SET_AMOUNT, params![id(1), 9])).await.unwrap();
    assert_eq!(amount(&direct, 1).await.unwrap(), Some(9));
    assert_eq!(names(&direct).await, ["row"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_batch_can_be_read_as_soon_as_its_callers_are_told() {
    let Site { server: _server, proxy, through, direct } = site().await;
    through.apply(insert(1, "before")).await.unwrap();
    through.apply(insert(2, "before too")).await.unwrap();
    proxy.hold_responses();
    let (result, ()) = tokio::join!(through.apply(insert(3, "unheard")), async {
        until("the commit has reached the server", async || {
            amount(&direct, 3).await.unwrap().is_some()
        })
        .await;
        proxy.cut();
        proxy.resume();
    });
    assert!(matches!(result, Err(Error::Lost { .. })), "{result:?}");
    assert_eq!(amount(&through, 3).await.unwrap(), Some(1));
    through.apply(insert(4, "after")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_goes_on_after_the_server_crashed() {
    let Site { server, proxy: _proxy, through, direct } = site().await;
    through.apply(insert(1, "a")).await.unwrap();
    let mut listener = through.listen("items").await.unwrap();
    server.stop_immediately().await.unwrap();
    let error = through.apply(insert(2, "b")).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. } | Error::Lost { .. }), "{error:?}");
    let error = through.query::<(String,)>(crate::support::NAMES, params![]).await.unwrap_err();
    assert!(error.worth_a_retry(), "{error:?}");
    server.start_again().await.unwrap();
    // Reads and closures take a fresh connection by themselves.
    assert_eq!(names(&through).await, ["a"]);
    let closure = direct.transact::<_, Error, _>(|tx| tx.execute(INSERT, item(3, "c")));
    closure.await.unwrap();
    let missed = tokio::time::timeout(DEADLINE, listener.recv()).await.unwrap();
    assert_eq!(missed, Some(Notice::Missed));
    until("a unit is applied", async || {
        through.apply(insert(4, "d").notify("items", "4")).await.is_ok()
    })
    .await;
    let notice = tokio::time::timeout(DEADLINE, listener.recv()).await.unwrap();
    assert_eq!(notice, Some(Notice::Payload("4".into())));
    assert_eq!(names(&direct).await, ["a", "c", "d"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn listener_whose_connection_was_cut_is_told_to_read_again() {
    let Site { server: _server, proxy, through, direct } = site().await;
    let mut listener = through.listen("items").await.unwrap();
    direct.notify("items", "1").await.unwrap();
    assert_eq!(listener.recv().await, Some(Notice::Payload("1".into())));
    proxy.cut();
    let missed = tokio::time::timeout(DEADLINE, listener.recv()).await.unwrap();
    assert_eq!(missed, Some(Notice::Missed));
    direct.notify("items", "2").await.unwrap();
    let notice = tokio::time::timeout(DEADLINE, listener.recv()).await.unwrap();
    assert_eq!(notice, Some(Notice::Payload("2".into())));
}

/// Neither is a defect of whoever sends the statement: the same may succeed later, elsewhere or here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_that_is_read_only_or_full_is_worth_another_try() {
    const READ_ONLY: Sql = Sql::each("SELECT 1", "SET TRANSACTION READ ONLY");
    const FULL: Sql = Sql::each(
        "SELECT 1",
        "DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$",
    );
    let Site { server: _server, proxy: _proxy, through, direct: _ } = site().await;
    let lane = through.lane().await.unwrap();
    let full = lane.apply(Unit::new().run(FULL, params![])).await.unwrap_err();
    assert!(matches!(full, Error::Busy { .. }), "{full:?}");
    lane.apply(insert(1, "there is room")).await.unwrap();
    let standby = Unit::new().run(READ_ONLY, params![]).run(INSERT, params![id(2), "refused", 1]);
    let standby = lane.apply(standby).await.unwrap_err();
    assert!(matches!(standby, Error::Unavailable { .. }), "{standby:?}");
    // Another connection may lead to the server that writes.
    lane.recover().await.unwrap();
    lane.apply(insert(3, "elsewhere")).await.unwrap();
    assert_eq!(names(&through).await, ["elsewhere", "there is room"]);
}
