//! Syncs: nothing is acknowledged before the disk was told to keep it, as the kernel saw it.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::Command;

use gathering_database::{Database, DatabaseOptions};
use gathering_storage::Storage;
use gathering_testkit::temp_dir;

use crate::support::{Node, World};

/// Tells this test that it runs in the process that is watched, and how that shall behave.
const CHILD: &str = "GATHERING_TEST_WATCHED";
/// How many appends are acknowledged, one after the other.
pub(crate) const APPENDS: u32 = 25;
/// What the watched process writes to its standard output when it was told that an append is kept.
const ACKNOWLEDGED: &str = "acknowledged";

#[test]
fn nothing_is_acknowledged_before_it_was_written_and_synced() {
    let name = "syncs::nothing_is_acknowledged_before_it_was_written_and_synced";
    let Some(seen) = watched(name, DatabaseOptions::sqlite) else { return };
    assert_eq!(seen.too_early, Vec::<u32>::new(), "{seen:?}");
    assert_eq!(seen.acknowledged, APPENDS, "{seen:?}");
    assert!(seen.syncs >= APPENDS, "{seen:?}");
}

/// Runs the named test again in a process of its own, and watches its writes and syncs. In that
/// process it appends instead, and answers nothing.
#[expect(clippy::disallowed_methods, reason = "only another process can be watched")]
pub(crate) fn watched(
    name: &str,
    options: impl FnOnce(PathBuf) -> DatabaseOptions,
) -> Option<Seen> {
    if std::env::var_os(CHILD).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(append_and_say(options));
        return None;
    }
    let folder = temp_dir();
    let log = folder.path().join("calls");
    let output = Command::new("strace")
        .args(["-f", "-qq", "-y", "-s", "32", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o"])
        .arg(&log)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("strace is installed (`apt-get install strace`)");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(Seen::in_calls(&std::fs::read_to_string(&log).unwrap()))
}

#[expect(clippy::print_stdout, reason = "a write that is seen from outside is the point")]
async fn append_and_say(options: impl FnOnce(PathBuf) -> DatabaseOptions) {
    let directory = temp_dir();
    let database = Database::open(options(directory.path().to_owned())).await.unwrap();
    let storage = Storage::open(database).await.unwrap();
    // Without the journal index: its own writes would mix with those of the appends.
    let node = Node::without_index(&storage, &World::new()).await;
    let run_id = node.own().await;
    println!("\nbegin");
    for seq in 1..=APPENDS {
        node.settle(run_id, seq..seq + 1).await;
        println!("{ACKNOWLEDGED} {seq}");
    }
    node.stop().await;
}

/// What a list of system calls says.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Acknowledgements after the first write of the appends.
    acknowledged: u32,
    /// Syncs of the write-ahead log that went well.
    syncs: u32,
    /// Acknowledgements, from 1, before which nothing was written, or what was written was not synced.
    pub(crate) too_early: Vec<u32>,
}

impl Seen {
    fn in_calls(calls: &str) -> Self {
        let mut seen = Self::default();
        let (mut written, mut unsynced, mut begun) = (false, false, false);
        // Threads whose sync has begun and not ended.
        let mut syncing: HashSet<&str> = HashSet::new();
        for line in calls.lines() {
            let Some((thread, call)) = line.split_once(' ') else { continue };
            let call = call.trim_start();
            let to_log = call.contains("-wal>");
            let is_sync = call.starts_with("fsync(") || call.starts_with("fdatasync(");
            let sync_ends = call.starts_with("<... fsync resumed>")
                || call.starts_with("<... fdatasync resumed>");
            if call.starts_with("pwrite64(") && to_log {
                (written, unsynced) = (true, true);
            } else if is_sync && to_log && call.ends_with("<unfinished ...>") {
                syncing.insert(thread);
            } else if (is_sync && to_log || sync_ends && syncing.remove(thread))
                && call.ends_with("= 0")
            {
                unsynced = false;
                seen.syncs += 1;
            } else if call.starts_with("write(1<") && call.contains("begin") {
                begun = true;
                (written, seen.syncs) = (false, 0);
            } else if begun && call.starts_with("write(1<") && call.contains(ACKNOWLEDGED) {
                seen.acknowledged += 1;
                if !written || unsynced {
                    seen.too_early.push(seen.acknowledged);
                }
                written = false;
            }
        }
        seen
    }
}

#[test]
fn calls_are_read_as_they_happened() {
    let log = "pwrite64(9</d/g.db-wal>, \"\", 24, 0) = 24";
    let begin = "7 write(1<pipe:[1]>, \"\\nbegin\\n\", 7) = 7";
    let said = "7 write(1<pipe:[1]>, \"acknowledged 1\\n\", 15) = 15";
    let read = |lines: &[&str]| Seen::in_calls(&[&[begin], lines].concat().join("\n"));
    let sync = "8 fdatasync(9</d/g.db-wal>) = 0";
    let sound = read(&[&format!("8 {log}"), sync, said]);
    assert_eq!((sound.acknowledged, sound.syncs, sound.too_early.len()), (1, 1, 0));
    let halves =
        ["8 fsync(9</d/g.db-wal> <unfinished ...>", "8 <... fsync resumed>)             = 0"];
    let write = format!("8 {log}");
    assert!(read(&[&write, halves[0], halves[1], said]).too_early.is_empty());
    for early in [
        vec![sync, said],
        vec![&write, said],
        vec![sync, &write, said],
        vec![&write, halves[0], said, halves[1]],
        vec![&write, "8 fsync(9</d/g.db-wal>) = -1 EIO (Input/output error)", said],
        vec![&write, "8 fsync(10</d>) = 0", said],
    ] {
        assert_eq!(read(&early).too_early, [1], "{early:?}");
    }
}
