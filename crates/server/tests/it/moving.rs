//! `gathering migrate --to`: a store that moves to PostgreSQL goes on there, and nowhere else.

use std::fs;

use gathering_testkit::{FaultProxy, Place};
use serde_json::{Value, json};

use crate::{
    program::Program,
    server::Home,
    story::{self, Story, command},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_was_under_way_goes_on_in_postgresql() {
    let target = story::target().await;
    let address = target.address.to_string();
    let home = story::home(Home::new(Place::sqlite()), &target);
    let server = home.serve().await;
    let owner = server.set_up().await;
    let there = Place::postgres().await;
    let url = there.url().unwrap().to_owned();
    // While a server works on it, it stays where it is.
    let refused = command(&home, &["migrate", "--to", &url]).await.ends_with(1);
    assert!(refused.err.contains("stop the server first"), "{}", refused.err);
    let mut story = Story::begin(&owner, target).await;
    story.remember(&owner).await;

    server.kill().await;

    let moved = command(&home, &["migrate", "--to", &url]).await.ends_with(0).json();
    let rows = |name: &str| {
        let tables = moved["tables"].as_array().unwrap();
        let table = tables.iter().find(|table| table["table"] == name);
        table.unwrap_or_else(|| panic!("{name}: {moved:#}"))["rows"].as_u64().unwrap()
    };
    for (table, least) in
        [("runs", 7), ("log", 10), ("blobs", 1), ("sessions", 1), ("secrets", 1), ("messages", 1)]
    {
        assert!(rows(table) >= least, "{table}: {moved:#}");
    }
    assert!(!moved["to"].as_str().unwrap().contains('@'), "{moved}");

    // The embedded store is not served again by accident, and the same command does no harm.
    let said = Program::new(home.serving()).run().await.ends_with(1);
    assert!(said.err.contains("was moved to postgres://"), "{}", said.err);
    let said = command(&home, &["doctor"]).await;
    assert!(said.out.contains("was moved to postgres://"), "{}", said.out);
    let said = command(&home, &["backup", "/nowhere/x.tar.zst"]).await.ends_with(2);
    assert!(said.err.contains("was moved to postgres://"), "{}", said.err);
    command(&home, &["migrate", "--to", &url]).await.ends_with(0);
    assert!(!home.data_dir().join("gathering.db").exists());
    assert!(home.data_dir().join("gathering.db.moved").exists());

    // The key of the secrets goes where the instances are.
    let new = Home::on(Some(url)).env("GATHERING_EGRESS_ALLOW_PRIVATE", address);
    fs::copy(home.data_dir().join("secrets.key"), new.data_dir().join("secrets.key")).unwrap();
    let server = new.serve().await;
    let owner = server.known(&owner);
    story.goes_on(&server, &owner).await;
    let report = command(&new, &["audit", "verify"]).await.ends_with(0).json();
    assert_eq!(report["sound"], true, "{report}");
    let (_, trail) = owner.get("/api/v1/audit?action=store.move").await;
    assert_eq!(trail["items"].as_array().unwrap().len(), 1, "{trail:#}");
    drop((server, there));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_breaks_off_leaves_the_store_where_it_is() {
    let home = Home::new(Place::sqlite());
    let server = home.serve().await;
    let owner = server.set_up().await;
    let pipeline = owner.create_pipeline("name: one\nnodes: [{ id: start, type: trigger }]").await;
    owner.start_run(&pipeline, "one", &json!({})).await;
    server.kill().await;

    let there = Place::postgres().await;
    let (proxy, through) = FaultProxy::before(&there).await;
    proxy.cut_and_refuse();
    command(&home, &["migrate", "--to", &through]).await.ends_with(1);
    proxy.resume();
    // A database with anything in it is somebody's.
    let used = Home::new(Place::postgres().await);
    command(&used, &["migrate"]).await.ends_with(0);
    let arguments = used.arguments();
    let url = arguments.last().unwrap();
    let refused = command(&home, &["migrate", "--to", url]).await.ends_with(2);
    assert!(refused.err.contains("the embedded store is as it was"), "{}", refused.err);
    command(&home, &["migrate", "--to", "mysql://x/y"]).await.ends_with(2);

    let server = home.serve().await;
    let owner = server.known(&owner);
    owner.start_run(&pipeline, "two", &json!({})).await;
    server.kill().await;
    command(&home, &["migrate", "--to", &through]).await.ends_with(0);
    // One that has moved is nowhere else to be moved to.
    command(&home, &["migrate", "--to", "postgres://elsewhere/x"]).await.ends_with(2);
    drop(there);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_move_that_was_cut_off_at_its_end_is_ended_by_the_same_command() {
    let home = Home::new(Place::sqlite());
    let server = home.serve().await;
    let owner = server.set_up().await;
    server.kill().await;
    let (there, empty) = (Place::postgres().await, Place::postgres().await);
    let url = there.url().unwrap();
    command(&home, &["migrate", "--to", url]).await.ends_with(0);
    // As a crash leaves it between the commit and all that follows.
    let path = |name: &str| home.data_dir().join(name);
    let note: Value =
        serde_json::from_str(&fs::read_to_string(path("gathering.moved")).unwrap()).unwrap();
    let cut_off = |to: &Value| {
        let (mut note, to) = (note.clone(), to.clone());
        (note["arrived"], note["to"]) = (json!(false), to);
        fs::write(path("gathering.moved"), note.to_string()).unwrap();
    };
    fs::rename(path("gathering.db.moved"), path("gathering.db")).unwrap();
    cut_off(&note["to"]);
    let said = Program::new(home.serving()).run().await.ends_with(1);
    assert!(said.err.contains("was cut off at its end"), "{}", said.err);
    command(&home, &["migrate", "--to", empty.url().unwrap()]).await.ends_with(2);
    let said = command(&home, &["migrate", "--to", url]).await.ends_with(0).json();
    assert_eq!(said["tables"], json!([]), "nothing is moved twice");
    assert!(path("gathering.db.moved").exists() && !path("gathering.db").exists());

    // Between the note and the commit: the database has nothing, and gets everything.
    fs::rename(path("gathering.db.moved"), path("gathering.db")).unwrap();
    let to = note["to"].as_str().unwrap();
    let names = |url: &str| url.rsplit_once('/').unwrap().1.split('?').next().unwrap().to_owned();
    let to = to.replace(&names(url), &names(empty.url().unwrap()));
    cut_off(&json!(to));
    let moved = command(&home, &["migrate", "--to", empty.url().unwrap()]).await.ends_with(0);
    assert!(!moved.json()["tables"].as_array().unwrap().is_empty());
    let new = Home::on(empty.url().map(str::to_owned));
    fs::copy(path("secrets.key"), new.data_dir().join("secrets.key")).unwrap();
    let server = new.serve().await;
    assert!(server.known(&owner).get("/api/v1/auth/me").await.0.is_success());
}
