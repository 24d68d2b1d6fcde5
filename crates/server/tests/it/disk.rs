//! A disk that refuses a commit ends the server, whosever write it was and whenever it comes.

use gathering_testkit::Place;
use reqwest::Method;
use rustix::process::{Resource, Rlimit, prlimit};

use crate::{
    program::Program,
    server::{Home, Server},
};

/// What the server ends with.
const REFUSED: &str = "the disk refused a commit; start the server again when it can write";
/// A file too large is told by an error, as a full disk is, and not by a signal.
const TOLD: &str = "trap '' XFSZ";
/// There is room for the database's index in shared memory, but not at the end of its log.
const NO_ROOM: &str = "trap '' XFSZ; ulimit -f 64";

/// A server whose disk can be filled up.
async fn serve(home: &Home) -> Server {
    Server::greeted(Program::after(TOLD, home.serving()).start()).await.unwrap_or_else(|log| {
        panic!("the server did not start: {log}");
    })
}

/// From now on the process writes to no file any more.
fn fill_up(server: &Server) {
    let nothing = Rlimit { current: Some(0), maximum: Some(0) };
    prlimit(Some(server.pid()), Resource::Fsize, nothing).unwrap();
}

async fn ends_with_the_refusal(server: Server) {
    let (status, log) = server.ended_saying().await;
    assert_eq!(status.code(), Some(1), "{log}");
    assert_eq!(log.matches(REFUSED).count(), 1, "{log}");
}

#[tokio::test]
async fn a_refused_beat_ends_the_server() {
    let home = Home::new(Place::sqlite());
    let server = serve(&home).await;
    fill_up(&server);
    // Nobody asks it for anything: all that it writes is that it lives.
    ends_with_the_refusal(server).await;
}

#[tokio::test]
async fn a_refused_change_ends_the_server() {
    let home = Home::new(Place::sqlite());
    let server = serve(&home).await;
    let owner = server.set_up().await;
    fill_up(&server);
    let change = owner.request(Method::POST, "/api/v1/pipelines");
    let change = change.header("content-type", "application/yaml");
    // The server may end before it answers.
    if let Ok(answer) = change.body("name: one\nnodes: [{ id: start, type: trigger }]").send().await
    {
        assert!(answer.status().is_server_error(), "{answer:?}");
    }
    ends_with_the_refusal(server).await;
    // With room again it starts, and serves.
    let server = home.serve().await;
    let owner = server.known(&owner);
    assert!(owner.get("/readyz").await.0.is_success());
}

#[tokio::test]
async fn a_server_that_cannot_register_is_never_ready() {
    let home = Home::new(Place::sqlite());
    let server = serve(&home).await;
    server.set_up().await;
    server.kill().await;
    let said = Program::after(NO_ROOM, home.serving()).run().await.ends_with(1);
    assert_eq!(said.out, "", "it greets nobody");
    assert_eq!(said.err.matches(REFUSED).count(), 1, "{}", said.err);
}
