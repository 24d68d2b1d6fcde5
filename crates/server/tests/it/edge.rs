//! What the configuration says of the network around the server.

use std::net::SocketAddr;

use gathering_testkit::Place;
use reqwest::{Client, header::HeaderMap};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{
    program::Program,
    server::{Home, PATIENCE, Server},
};

async fn ask(server: &Server, headers: &[(&'static str, &'static str)]) -> (u16, HeaderMap) {
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let mut request = client.get(format!("{}/api/v1/runs", server.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.headers().clone())
}

#[tokio::test]
async fn a_server_answers_under_its_own_names_alone_and_believes_its_proxies_alone() {
    let home = Home::new(Place::sqlite());
    let server = home.serve().await;
    server.stranger();
    assert_eq!(ask(&server, &[("host", "evil.test")]).await.0, 421);
    let (status, headers) = ask(&server, &[("x-forwarded-proto", "https")]).await;
    assert_eq!((status, headers.get("strict-transport-security")), (401, None));
    server.kill().await;

    let home = home
        .env("GATHERING_SERVER_ALLOWED_HOSTS", "*.corp.test")
        .env("GATHERING_SERVER_TRUSTED_PROXIES", "127.0.0.0/8")
        .env("GATHERING_SERVER_PROXY_HEADER", "forwarded")
        .env("GATHERING_SERVER_CORS_ORIGINS", "https://app.test");
    let server = home.serve().await;
    for (host, status) in [("evil.test", 421), ("a.corp.test", 401)] {
        assert_eq!(ask(&server, &[("host", host)]).await.0, status, "{host}");
    }
    let (_, headers) = ask(&server, &[("forwarded", "for=203.0.113.9;proto=https")]).await;
    assert!(headers.contains_key("strict-transport-security"));
    let (_, headers) = ask(&server, &[("x-forwarded-proto", "https")]).await;
    assert!(!headers.contains_key("strict-transport-security"));
    let (_, headers) = ask(&server, &[("origin", "https://app.test")]).await;
    assert_eq!(headers["access-control-allow-origin"], "https://app.test");
    server.kill().await;
}

/// Connections of one address that say nothing and are never closed.
async fn hold(server: &Server, own: [u8; 4], count: usize) -> Vec<TcpStream> {
    let to: SocketAddr = server.url.trim_start_matches("http://").parse().unwrap();
    let mut held = Vec::new();
    for _ in 0..count {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((own, 0))).unwrap();
        held.push(socket.connect(to).await.unwrap());
    }
    held
}

#[tokio::test]
async fn few_open_files_are_not_all_for_clients() {
    let home = Home::new(Place::sqlite());
    // As service managers begin: few at first, more for the asking.
    let program = Program::after("ulimit -Sn 200; ulimit -Hn 256", home.serving());
    // Those who say nothing are not sent away meanwhile.
    let program = program.env("GATHERING_LIMITS_HEAD_TIME", "5m");
    let server = Server::greeted(program.start()).await.unwrap();
    let owner = server.set_up().await;
    let pid = server.pid().as_raw_nonzero();
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(files.split_whitespace().collect::<Vec<_>>()[3..5], ["256", "256"], "{files}");
    let held = hold(&server, [127, 0, 0, 9], 250).await;
    assert!(owner.get("/readyz").await.0.is_success(), "there is room for others");
    let pipeline = owner.create_pipeline("name: one\nnodes: [{ id: start, type: trigger }]").await;
    let run = owner.start_run(&pipeline, "once", &json!({})).await;
    owner.wait_for(run["id"].as_str().unwrap(), "succeeded").await;
    drop(held);
    server.kill().await;
}

/// The check of the network by `doctor` where the server would listen there.
async fn network(listen: &str, variables: &[(&str, &str)]) -> Value {
    let home = Home::new(Place::sqlite());
    let arguments = home.arguments().into_iter().chain(["doctor", "--json"].map(str::to_owned));
    let mut program = Program::new(arguments).env("GATHERING_SERVER_LISTEN", listen);
    for (name, value) in variables {
        program = program.env(name, value);
    }
    let said = program.run().await.ends_with(0);
    said.lines().into_iter().find(|check| check["check"] == "network").unwrap()
}

#[tokio::test]
async fn whoever_listens_to_others_without_encryption_is_warned() {
    let proxies = [("GATHERING_SERVER_TRUSTED_PROXIES", "10.0.0.0/8")];
    for (listen, variables, verdict) in [
        ("127.0.0.1:0", &[][..], "good"),
        ("[::1]:0", &[], "good"),
        ("0.0.0.0:0", &[], "doubtful"),
        ("0.0.0.0:0", &proxies, "good"),
    ] {
        assert_eq!(network(listen, variables).await["verdict"], verdict, "{listen}");
    }

    let warning = "others reach this server";
    let public = "https://gathering.test";
    let home = Home::new(Place::sqlite())
        .env("GATHERING_LOG_FORMAT", "json")
        .env("GATHERING_SERVER_PUBLIC_URL", public);
    for (listen, warns) in [("0.0.0.0:0", true), ("127.0.0.1:0", false)] {
        let arguments = home.arguments().into_iter();
        let serving = ["serve", "--listen", listen].map(str::to_owned);
        let mut program = Program::new(arguments.chain(serving));
        for (name, value) in home.variables() {
            program = program.env(name, value);
        }
        let (mut child, mut line) = (program.start(), String::new());
        let mut said = BufReader::new(child.stdout.take().unwrap());
        timeout(PATIENCE, said.read_line(&mut line)).await.unwrap().unwrap();
        let host = listen.strip_suffix('0').unwrap();
        let (ready, rest) = line.split_once(" (listens on ").expect(&line);
        assert_eq!(ready, format!("Gathering is ready at {public}"));
        assert!(rest.starts_with(host), "{line}");
        let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        let ended = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
        let log = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(log.contains(warning), warns, "{log}");
        let first: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
        assert_eq!(first["message"], "the server starts", "{log}");
        assert_eq!(first["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(
            (&first["store"], &first["server.public_url"]),
            (&json!("sqlite"), &json!(public))
        );
        assert!(first["server.address"].as_str().unwrap().starts_with(host), "{first}");
        assert!(first["instance.id"].as_str().unwrap().starts_with("ins_"), "{first}");
        assert!(log.contains("the server is ready"), "{log}");
    }
}
