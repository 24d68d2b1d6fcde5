//! How a server begins and ends: its lock, its readiness, its signals.

use std::time::Duration;

use gathering_testkit::Place;
use reqwest::StatusCode;
use rustix::process::Signal;
use serde_json::json;

use crate::{
    program::Program,
    server::{Home, Server},
    target::Target,
};

const CALLS: &str = "
name: calls
inputs: { type: object, required: [url], properties: { url: { type: string } } }
nodes:
  - { id: start, type: trigger }
  - { id: call, type: action, config: { kind: http, method: PUT, url: \"{{ input.url }}\" } }
edges: [{ from: start, to: call }]
";

#[tokio::test]
async fn a_second_process_on_the_same_directory_is_told_who_has_it() {
    let home = Home::new(Place::sqlite());
    let server = home.serve().await;
    let data = home.data_dir().display().to_string();
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["user", "list"], &["migrate"]] {
        let said = Program::new([&["--data-dir", data.as_str()], command].concat()).run().await;
        let said = said.ends_with(1);
        assert!(said.err.contains("one process at a time"), "{command:?}: {}", said.err);
        assert!(said.err.contains("in use by process"), "{command:?}: {}", said.err);
    }
    Program::new(["--data-dir", &data, "doctor"]).run().await.ends_with(0);
    server.kill().await;
    let said = Program::new(["--data-dir", &data, "user", "list"]).run().await;
    said.ends_with(0);
}

#[tokio::test]
async fn a_taken_address_is_told_before_the_store_is_touched() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = gathering_testkit::temp_dir();
    let data = folder.path().join("data");
    let shown = data.display().to_string();
    let said = Program::new(["serve", "--listen", &address, "--data-dir", &shown]).run().await;
    assert!(said.ends_with(1).err.contains(&address));
    assert!(!data.exists());
}

gathering_testkit::each_database! {
    async fn a_stop_turns_readiness_off_lets_work_end_and_exits_cleanly(place: Place) {
        let target = Target::start(Duration::from_millis(1_500)).await;
        let address = target.address.to_string();
        let home = Home::new(place).env("GATHERING_EGRESS_ALLOW_PRIVATE", address.as_str());
        let home = home.env("GATHERING_SERVER_DRAIN_DELAY", "500ms");
        let server = home.serve().await;
        let owner = server.set_up().await;
        let pipeline = owner.create_pipeline(CALLS).await;
        let input = json!({ "url": format!("http://{address}/once") });
        let run = owner.start_run(&pipeline, "one", &input).await;
        let id = run["id"].as_str().unwrap().to_owned();
        let mut events = owner.events(&id).await;
        target.reached(1).await;
        assert_eq!(owner.get("/readyz").await.0, StatusCode::OK);

        server.signal(Signal::TERM);
        // The server says that it stops while it still serves.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
        while owner.get("/readyz").await.0 != StatusCode::SERVICE_UNAVAILABLE {
            assert!(tokio::time::Instant::now() < deadline, "readiness stays on");
            tokio::task::yield_now().await;
        }
        events.ended().await;
        assert_eq!(server.ended().await.code(), Some(0));

        let server = home.serve().await;
        let owner = server.known(&owner);
        owner.wait_for(&id, "succeeded").await;
        assert_eq!(target.counts()["/once"], 1, "what ended within the grace time is not repeated");
    }
}

#[tokio::test]
async fn a_terminal_that_closes_stops_a_server_in_order() {
    let home = Home::new(Place::sqlite());
    let server = home.serve().await;
    server.signal(Signal::HUP);
    let (status, log) = server.ended_saying().await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("stopping: answering what has come"), "{log}");

    // Whoever has it ignore the signal, as `nohup` does, has it go on.
    let ignoring = Program::after("trap '' HUP", home.serving()).start();
    let server = Server::greeted(ignoring).await.unwrap();
    server.signal(Signal::HUP);
    assert_eq!(server.stranger().get("/readyz").await.0, StatusCode::OK);
    server.signal(Signal::TERM);
    assert_eq!(server.ended().await.code(), Some(0));
}
