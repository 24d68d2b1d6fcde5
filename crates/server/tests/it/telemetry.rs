//! Logs: coloured at a terminal, plain elsewhere, flat JSON with ids for machines, and never in the way.

use std::{fs::File, io::Read as _, os::fd::OwnedFd, path::Path};

use gathering_testkit::Place;
use reqwest::Method;
use rustix::{
    fs::{Mode, OFlags},
    process::Signal,
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};
use serde_json::{Value, json};

use crate::{
    program::Program,
    server::{Home, PASSWORD, Server},
};

const ASKS: &str = "
name: asks
inputs: { type: object, required: [topic], properties: { topic: { type: string } } }
agents: [{ name: a, model: scripted/demo, instructions: Be a walrus. }]
nodes:
  - { id: start, type: trigger }
  - { id: think, type: agent, config: { agent: a, task: \"Say more on {{ input.topic }}.\" } }
  - { id: call, type: action, config: { kind: http, method: GET, url: \"http://127.0.0.1:9/x?key=hush\" } }
edges: [{ from: start, to: think }, { from: think, to: call }]
";
const ESCAPE: char = '\u{1b}';

fn migrate(folder: &Path, variables: &[(&str, &str)]) -> Program {
    let data = folder.display().to_string();
    let program = Program::new(["--data-dir", &data, "migrate"]).env("GATHERING_LOG_LEVEL", "info");
    variables.iter().fold(program, |program, (name, value)| program.env(name, value))
}

/// What a command logs on a terminal of its own.
async fn at_a_terminal(program: Program) -> String {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY;
    let terminal: OwnedFd = rustix::fs::open(name, flags, Mode::empty()).unwrap();
    let said = program.logging_to(terminal).run().await;
    assert_eq!(said.code(), 0, "{said:?}");
    // All that it logged lies in the terminal's buffer, and nobody can write any more: the read that
    // finds nothing fails.
    let (mut master, mut logged) = (File::from(master), Vec::new());
    let mut piece = [0; 4_096];
    while let Ok(length @ 1..) = master.read(&mut piece) {
        logged.extend_from_slice(&piece[..length]);
    }
    String::from_utf8(logged).unwrap()
}

#[tokio::test]
async fn logs_have_colours_at_a_terminal_unless_somebody_wants_none() {
    let folder = gathering_testkit::temp_dir();
    let data = |name: &str| folder.path().join(name);
    let coloured = at_a_terminal(migrate(&data("a"), &[])).await;
    assert!(coloured.contains("migrating the database"), "{coloured:?}");
    assert!(coloured.contains(ESCAPE), "{coloured:?}");
    let plain = at_a_terminal(migrate(&data("b"), &[("NO_COLOR", "1")])).await;
    assert!(plain.contains("migrating the database"), "{plain:?}");
    assert!(!plain.contains(ESCAPE), "{plain:?}");
}

#[tokio::test]
async fn logs_in_a_file_or_a_pipe_are_plain() {
    let folder = gathering_testkit::temp_dir();
    for format in ["text", "json"] {
        let data = folder.path().join(format);
        let said = migrate(&data, &[("GATHERING_LOG_FORMAT", format)]).run().await.ends_with(0);
        assert!(said.err.contains("migrating the database"), "{said:?}");
        assert!(!said.err.contains(ESCAPE), "{said:?}");
    }
}

#[tokio::test]
async fn a_request_and_the_run_that_it_starts_are_found_by_their_ids_and_nothing_secret_is() {
    let home = Home::new(Place::sqlite())
        .env("GATHERING_LOG_FORMAT", "json")
        .env("GATHERING_LOG_LEVEL", "debug");
    let server = home.serve().await;
    let owner = server.set_up().await;
    let pipeline = owner.create_pipeline(ASKS).await;
    let input = json!({ "topic": "crocodiles" });
    let run = owner.start_run(&pipeline, "one", &input).await;
    let run_id = run["id"].as_str().unwrap();
    owner.wait_for(run_id, "failed").await;
    let token = owner.token.clone().unwrap();
    let (_, instances) = owner.get("/api/v1/system/instances").await;
    let url = server.url.clone();
    server.signal(Signal::TERM);
    let (status, log) = server.ended_saying().await;
    assert!(status.success(), "{log}");

    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    for line in &lines {
        let fields = line.as_object().unwrap();
        let words = ["timestamp", "level", "target", "message"];
        assert!(words.iter().all(|name| fields[*name].is_string()), "{line}");
        assert!(fields.values().all(|value| !value.is_object() && !value.is_array()), "{line}");
        assert!(fields.keys().all(|name| !name.starts_with("otel.")), "{line}");
    }
    // The first line says who writes the log; the list of instances says the same.
    let (start, instance) = (&lines[0], &instances["items"][0]);
    assert_eq!(start["message"], "the server starts", "{log}");
    assert_eq!((&start["instance.id"], &start["version"]), (&instance["id"], &instance["version"]));
    assert_eq!(start["server.address"], instance["address"]);
    assert_eq!(instance["room"], 1_000, "what one drives at most, unless it is told otherwise");
    assert_eq!(url, format!("http://{}", instance["address"].as_str().unwrap()));
    let find = |message: &str, field: &str, value: &Value| {
        let is_it = |line: &&Value| line["message"] == message && line[field] == *value;
        lines.iter().find(is_it).unwrap_or_else(|| panic!("no {message} of {value} in {log}"))
    };
    let accepted = find("accepted a run", "run.id", &json!(run_id));
    assert!(accepted["user.id"].as_str().unwrap().starts_with("usr_"), "{accepted}");
    let answered = find("answered a request", "request.id", &accepted["request.id"]);
    assert_eq!(answered["http.route"], "/api/v1/pipelines/{pipeline_id}/runs", "{answered}");
    assert_eq!(
        (&answered["http.response.status_code"], &answered["level"]),
        (&json!(202), &json!("INFO"))
    );
    assert_eq!(answered["user.id"], accepted["user.id"]);
    let ended = find("a run has ended", "run.id", &json!(run_id));
    assert_eq!(ended["run.status"], "failed");
    assert!(ended["instance.id"].as_str().unwrap().starts_with("ins_"), "{ended}");
    // Inside an effect, its node and its key are there as well.
    let within: Vec<_> = lines.iter().filter(|line| line["effect.key"] == "node:call").collect();
    assert!(!within.is_empty(), "{log}");
    assert!(within.iter().all(|line| line["node.id"] == "call" && line["run.id"] == run_id));
    assert!(within.iter().any(|line| line["error.type"] == "egress_blocked"), "{within:?}");

    for secret in [PASSWORD, &token, "crocodiles", "walrus", "Say more", "hush", "gts_"] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

/// Signs in, well and not, from this address behind a proxy, and answers what is logged of it.
async fn signed_in_from(address: &str, format: &str) -> String {
    let home = Home::new(Place::sqlite())
        .env("GATHERING_LOG_FORMAT", format)
        .env("GATHERING_SERVER_TRUSTED_PROXIES", "127.0.0.0/8");
    let server = home.serve().await;
    server.set_up().await;
    for password in [PASSWORD, "not the password"] {
        let body = json!({ "email": "ada@example.com", "password": password });
        let request = server.stranger().request(Method::POST, "/api/v1/auth/login").json(&body);
        request.header("x-forwarded-for", address).send().await.unwrap();
    }
    server.signal(Signal::TERM);
    let (status, log) = server.ended_saying().await;
    assert!(status.success(), "{log}");
    log
}

#[tokio::test]
async fn a_request_is_logged_with_the_address_of_its_client_and_a_sign_in_with_its_user() {
    let log = signed_in_from("203.0.113.9, 127.0.0.3", "json").await;
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    let lines: Vec<Value> = lines.filter(|line| line["message"] == "answered a request").collect();
    let [set_up, signed_in, refused] = &lines[..] else { panic!("{log}") };
    assert_eq!(set_up["client.address"], "127.0.0.1");
    assert!(set_up["user.id"].as_str().unwrap().starts_with("usr_"), "{set_up}");
    assert_eq!(signed_in["client.address"], "203.0.113.9");
    assert_eq!(signed_in["user.id"], set_up["user.id"]);
    assert_eq!(refused["client.address"], "203.0.113.9");
    assert_eq!(refused["error.type"], "wrong_credentials");
    assert_eq!(refused.get("user.id"), None, "nobody has signed in");

    let log = signed_in_from("2001:db8::7", "text").await;
    let lines: Vec<_> = log.lines().filter(|line| line.contains("answered a request")).collect();
    assert!(lines[1].contains("client.address=2001:db8::7"), "{log}");
    assert!(lines[1].contains("user.id=usr_"), "{log}");
}

#[tokio::test]
async fn a_log_that_nobody_reads_stops_nothing_and_its_lost_lines_are_counted() {
    let (_unread, pipe) = std::io::pipe().unwrap();
    let token = "a-token-for-prometheus";
    let home = Home::new(Place::sqlite())
        .env("GATHERING_LOG_LEVEL", "trace")
        .env("GATHERING_METRICS_TOKEN", token);
    let mut program = Program::new(home.serving());
    for (name, value) in home.variables() {
        program = program.env(name, value);
    }
    let server = Server::greeted(program.logging_to(pipe).start()).await.unwrap();
    let mut scraper = server.stranger();
    scraper.token = Some(token.to_owned());
    let lost = "gathering_log_lines_lost_total ";
    for _ in 0..5_000 {
        let text = scraper.text("/metrics").await;
        let count = text.lines().find_map(|line| line.strip_prefix(lost)).unwrap();
        if count != "0" {
            server.signal(Signal::TERM);
            assert!(server.ended().await.success());
            return;
        }
    }
    panic!("no line was lost");
}
