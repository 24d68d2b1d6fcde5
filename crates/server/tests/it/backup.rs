//! `gathering backup` and `restore`: what comes back is one moment of the store, and goes on.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use gathering_testkit::{Place, temp_dir};
use reqwest::StatusCode;
use rustix::{
    fs::{FileType, Mode},
    process::{Pid, Signal, kill_process},
};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    chaos::{
        checker,
        client::Client,
        collect,
        history::{Accepted, History},
        reader,
    },
    program::{Program, Said},
    server::{Api, Home, PASSWORD},
    story::{self, Story, command},
};

/// There is no room for a store, however small.
const NO_ROOM: &str = "trap '' XFSZ; ulimit -f 64";
const WORK: &str = "
name: work
nodes:
  - { id: start, type: trigger }
  - { id: one, type: transform, config: { value: '{{ input }}' } }
  - { id: rest, type: delay, config: { for: 50ms } }
  - { id: two, type: transform, config: { value: '{{ nodes.one.output }}' } }
edges:
  - { from: start, to: one }
  - { from: one, to: rest }
  - { from: rest, to: two }
";

async fn back_up(home: &Home, file: &Path, more: &[&str]) -> Value {
    let file = file.display().to_string();
    command(home, &[&["backup", file.as_str()], more].concat()).await.ends_with(0).json()
}

/// Restores into a home of its own.
async fn restore(file: &Path, more: &[&str]) -> (Home, Said) {
    let home = Home::new(Place::sqlite());
    let file = file.display().to_string();
    let said = command(&home, &[&["restore", file.as_str()], more].concat()).await;
    (home, said)
}

/// Starts runs one after the other until it is told to stop; every one that it was told of.
async fn keep_starting(
    api: Api,
    pipeline: String,
    nth: usize,
    begun: watch::Sender<Vec<Accepted>>,
    stop: Arc<AtomicBool>,
) {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let key = format!("{nth}-{number}");
        let run = api.start_run(&pipeline, &key, &json!({ "text": "x".repeat(5_000) })).await;
        let run_id = run["id"].as_str().unwrap().to_owned();
        begun.send_modify(|begun| begun.push(Accepted { key, run_id }));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_one_moment_and_restores_to_a_store_that_goes_on() {
    let home = Home::new(Place::sqlite()).unhurried();
    let server = home.serve().await;
    let owner = server.set_up().await;
    let pipeline = owner.create_pipeline(WORK).await;
    let (begun, mut told) = watch::channel(Vec::new());
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for nth in 0..4 {
        let stop = Arc::clone(&stop);
        writers.spawn(keep_starting(owner.clone(), pipeline.clone(), nth, begun.clone(), stop));
    }
    told.wait_for(|told| told.len() >= 40).await.unwrap();
    let before: Vec<Accepted> = told.borrow().clone();
    let folder = temp_dir();
    let file = folder.path().join("one.tar.zst");
    let written = back_up(&home, &file, &["--with-keys"]).await;
    let while_it_was_written = told.borrow().len() - before.len();
    stop.store(true, Ordering::Relaxed);
    writers.join_all().await;
    assert!(while_it_was_written > 0, "nobody waits for a backup");
    let all: Vec<Accepted> = told.borrow().clone();
    server.kill().await;

    let (restored, said) = restore(&file, &["--keep-sessions"]).await;
    let said = said.ends_with(0).json();
    assert_eq!(said["manifest"], written["manifest"]);
    let restored = restored.unhurried();
    let server = restored.serve().await;
    let (_addresses, urls) = watch::channel(vec![server.url.clone()]);
    let client = Client::new(urls, owner.token.clone().unwrap());
    while !collect::all_have_ended(&client).await {
        client.moment().await;
    }
    let runs = collect::runs(&client).await;
    assert_eq!(runs.len() as u64, written["manifest"]["runs"].as_u64().unwrap());
    assert!((before.len()..all.len()).contains(&runs.len()), "{} of {}", runs.len(), all.len());
    let entries = runs.iter().map(|run| run.journal.len()).sum();
    let replayed = reader::replay(&client, entries).await;
    // Those that came later are not there, and all that came before are.
    let there = |one: &&Accepted| runs.iter().any(|run| run.id == one.run_id);
    let mut accepted: Vec<Accepted> = all.iter().filter(there).cloned().collect();
    accepted.extend(before);
    let history =
        History { accepted, runs, watched: replayed.clone(), replayed, ..History::default() };
    assert_eq!(checker::check(&history), []);
    // What follows has a place that nothing had before.
    let last = history.replayed.iter().map(|event| event.position).max().unwrap();
    let old = i64::try_from(all.len()).unwrap() * 4_096 * 100;
    assert!(last > old, "{last} could have been a place before the restore");
    let owner = server.known(&owner);
    let run = owner.start_run(&pipeline, "afterwards", &json!({})).await;
    owner.wait_for(run["id"].as_str().unwrap(), "succeeded").await;
    server.kill().await;
    let report = command(&restored, &["audit", "verify"]).await.ends_with(0).json();
    assert_eq!(report["sound"], true, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_under_way_goes_on_and_who_was_signed_in_is_not() {
    let target = story::target().await;
    let home = story::home(Home::new(Place::sqlite()), &target);
    let address = target.address.to_string();
    let server = home.serve().await;
    let owner = server.set_up().await;
    let mut story = Story::begin(&owner, target).await;
    story.remember(&owner).await;
    // As a crash leaves it, with its log beside it.
    server.kill().await;
    let folder = temp_dir();
    let file = folder.path().join("one.tar.zst");
    back_up(&home, &file, &["--with-keys"]).await;
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let (restored, said) = restore(&file, &[]).await;
    let said = said.ends_with(0).json();
    assert_eq!((&said["sessions_ended"], &said["has_key"]), (&1.into(), &true.into()), "{said}");
    assert!(said["runs_released"].as_u64().unwrap() >= 1, "{said}");
    let restored = restored.env("GATHERING_EGRESS_ALLOW_PRIVATE", address);
    let server = restored.serve().await;
    let (status, _) = server.known(&owner).get("/api/v1/auth/me").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let owner = server.stranger().sign_in("ada@example.com", PASSWORD).await;
    story.goes_on(&server, &owner).await;
    let (_, trail) = owner.get("/api/v1/audit?action=store.restore").await;
    assert_eq!(trail["items"].as_array().unwrap().len(), 1, "{trail:#}");
    let (_, instances) = owner.get("/api/v1/system/instances").await;
    let alive = |one: &&Value| one["alive"] == true || one["state"] == "alive";
    let count = instances["items"].as_array().unwrap().iter().filter(alive).count();
    assert_eq!(count, 1, "{instances:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_without_the_key_needs_it_before_a_start() {
    let home = Home::new(Place::sqlite());
    let server = home.serve().await;
    server.set_up().await;
    let folder = temp_dir();
    let file = folder.path().join("one.tar.zst");
    let written = back_up(&home, &file, &[]).await;
    assert_eq!(written["manifest"]["secret_key"], "left_out");
    server.kill().await;
    let (restored, said) = restore(&file, &[]).await;
    assert_eq!(said.ends_with(0).json()["has_key"], false);
    let said = Program::new(restored.serving()).run().await.ends_with(1);
    assert!(said.err.contains("there is no key here"), "{}", said.err);
    // No other key is made, which would lie where the one that opens it belongs.
    assert!(!restored.data_dir().join("secrets.key").exists());
    fs::copy(home.data_dir().join("secrets.key"), restored.data_dir().join("secrets.key")).unwrap();
    restored.serve().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_does_not_open_the_store_is_not_packed() {
    let home = Home::new(Place::sqlite());
    home.serve().await.kill().await;
    let key = home.data_dir().join("secrets.key");
    let (right, wrong) = (fs::read_to_string(&key).unwrap(), "0a".repeat(32));
    let folder = temp_dir();
    let file = folder.path().join("one.tar.zst");
    let name = file.display().to_string();
    fs::write(&key, &wrong).unwrap();
    let said = command(&home, &["backup", &name, "--with-keys"]).await.ends_with(1);
    assert!(said.err.contains("sealed under another key"), "{}", said.err);
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
    fs::remove_file(&key).unwrap();
    let said = command(&home, &["backup", &name, "--with-keys"]).await.ends_with(1);
    assert!(said.err.contains("there is no key in"), "{}", said.err);
    // Nor is one that is configured, and lies in no file, taken for the file's.
    fs::write(&key, &wrong).unwrap();
    let also = home.env("GATHERING_SECRETS_OLD_KEYS", right.trim());
    command(&also, &["backup", &name, "--with-keys"]).await.ends_with(1);
    fs::write(also.data_dir().join("secrets.key"), right).unwrap();
    back_up(&also, &file, &["--with-keys"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_damaged_is_refused_and_leaves_nothing_behind() {
    let home = Home::new(Place::sqlite());
    let server = home.serve().await;
    server.set_up().await;
    let folder = temp_dir();
    let file = folder.path().join("one.tar.zst");
    back_up(&home, &file, &[]).await;
    // A file is never written over.
    let name = file.display().to_string();
    command(&home, &["backup", &name]).await.ends_with(1);
    // A store is never written over.
    let refused = command(&home, &["restore", &name]).await.ends_with(1);
    assert!(refused.err.contains("in use"), "{}", refused.err);
    server.kill().await;
    let refused = command(&home, &["restore", &name]).await.ends_with(2);
    assert!(refused.err.contains("is not empty, there is `"), "{}", refused.err);

    let whole = fs::read(&file).unwrap();
    let bad = folder.path().join("bad.tar.zst");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for bytes in [&whole[..whole.len() / 2], &whole[..whole.len() - 1], &flipped, b"no backup"] {
        fs::write(&bad, bytes).unwrap();
        let (there, said) = restore(&bad, &[]).await;
        let said = said.ends_with(1);
        assert!(said.err.contains("at byte "), "{}", said.err);
        let left = names(there.data_dir());
        assert!(left.iter().all(|name| name == "gathering.lock"), "{left:?}");
    }
    // A disk that is full, of either side.
    let there = Home::new(Place::sqlite());
    let words = |home: &Home, more: &[&str]| -> Vec<String> {
        home.arguments().into_iter().chain(more.iter().map(ToString::to_string)).collect()
    };
    let said = Program::after(NO_ROOM, words(&there, &["restore", &name])).run().await.ends_with(1);
    assert!(said.err.contains("could not write"), "{}", said.err);
    assert_eq!(names(there.data_dir()), ["gathering.lock"]);
    let full = temp_dir();
    let two = full.path().join("two.tar.zst").display().to_string();
    Program::after(NO_ROOM, words(&home, &["backup", &two])).run().await.ends_with(1);
    assert!(names(full.path()).is_empty(), "{:?}", names(full.path()));
    // With room it works, where it failed before.
    command(&there, &["restore", &name]).await.ends_with(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_in_postgresql_is_backed_up_by_other_means() {
    let home = Home::new(Place::postgres().await);
    let folder = temp_dir();
    let file = folder.path().join("one.tar.zst").display().to_string();
    let said = command(&home, &["backup", &file]).await.ends_with(2);
    assert!(said.err.contains("pg_dump"), "{}", said.err);
    command(&home, &["restore", &file]).await.ends_with(2);
    let none = Home::new(Place::sqlite());
    let said = command(&none, &["backup", &file]).await.ends_with(2);
    assert!(said.err.contains("there is no store in"), "{}", said.err);
    assert!(names(none.data_dir()).is_empty());
}

/// A pipe in the place of the next key: a backup waits at it, and has its folder by then.
fn pipe(home: &Home) -> std::path::PathBuf {
    let path = home.data_dir().join("secrets.key.next");
    let mode = Mode::RUSR | Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &path, FileType::Fifo, mode, 0).unwrap();
    path
}

/// Begins a backup, and answers once it waits at the pipe; what holds it there.
async fn held_up(home: &Home, pipe: &Path, file: &Path) -> (tokio::process::Child, fs::File) {
    let mut words = home.arguments();
    words.extend(["backup".to_owned(), file.display().to_string()]);
    let child = Program::new(words).start();
    let pipe = pipe.to_owned();
    let open = move || fs::File::options().write(true).open(pipe).unwrap();
    (child, tokio::task::spawn_blocking(open).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_interrupted_leaves_nothing_and_one_that_is_killed_nothing_for_long() {
    let home = Home::new(Place::sqlite());
    home.serve().await.kill().await;
    let folder = temp_dir();
    let at = pipe(&home);
    for signal in [Signal::INT, Signal::TERM] {
        let (mut child, _held) = held_up(&home, &at, &folder.path().join("one")).await;
        assert_eq!(names(folder.path()).len(), 1);
        let pid = i32::try_from(child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
        assert_eq!(child.wait().await.unwrap().code(), Some(130));
        assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
    }
    let (mut killed, _held) = held_up(&home, &at, &folder.path().join("two")).await;
    killed.kill().await.unwrap();
    let stale = names(folder.path());
    let (mut working, _works) = held_up(&home, &at, &folder.path().join("three")).await;
    let kept = names(folder.path());
    assert!(kept.len() == 1 && kept != stale, "{kept:?}, and before {stale:?}");
    fs::remove_file(&at).unwrap();
    back_up(&home, &folder.path().join("four"), &[]).await;
    assert_eq!(names(folder.path()), [&kept[0], "four"], "what is held stays");
    working.kill().await.unwrap();
}

/// What lies in a folder.
fn names(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.unwrap().file_name().to_string_lossy().into_owned()
    };
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}
