//! A directory that somebody swaps while it is walked.

use std::{
    fs,
    os::unix::fs::symlink,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use gathering_workspace::{BeneathPath, Root};
use rustix::fs::{CWD, RenameFlags, renameat_with};

/// How often the walk is tried while the directory is swapped.
const TRIES: usize = 4_000;

/// How often each of two writers writes.
const WRITES: usize = 200;

#[test]
fn two_writers_of_one_path_leave_a_whole_file_of_one_of_them() {
    let place = tempfile::tempdir().unwrap();
    let root = Root::open(place.path()).unwrap();
    let path: BeneathPath = "f".parse().unwrap();
    let texts = ["a".repeat(200_000), "b".repeat(100_000)];
    root.write(&path, texts[0].as_bytes()).unwrap();
    thread::scope(|scope| {
        let writers = texts.each_ref().map(|text| {
            scope.spawn(|| {
                for _ in 0..WRITES {
                    root.write(&path, text.as_bytes()).unwrap();
                }
            })
        });
        while !writers.iter().all(thread::ScopedJoinHandle::is_finished) {
            let read = root.read(&path, 1_000_000).unwrap();
            assert!(texts.iter().any(|text| text.as_bytes() == read), "{} bytes", read.len());
        }
    });
    assert_eq!(root.names(9).unwrap(), ["f"]);
}

#[test]
fn swapping_a_directory_for_a_link_shows_nothing_of_the_outside() {
    let place = tempfile::tempdir().unwrap();
    let (inner, outer) = (place.path().join("root/d"), place.path().join("outer"));
    fs::create_dir_all(&inner).unwrap();
    fs::create_dir(&outer).unwrap();
    fs::write(inner.join("f"), "inside").unwrap();
    fs::write(outer.join("f"), "outside").unwrap();
    let link = place.path().join("root/link");
    symlink(&outer, &link).unwrap();
    let root = Root::open(&place.path().join("root")).unwrap();
    let path: BeneathPath = "d/f".parse().unwrap();
    let done = AtomicBool::new(false);
    let (mut seen, mut refused) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                renameat_with(CWD, &inner, CWD, &link, RenameFlags::EXCHANGE).unwrap();
            }
        });
        for _ in 0..TRIES {
            match root.read(&path, 100) {
                Ok(bytes) => {
                    assert_eq!(bytes, b"inside");
                    seen += 1;
                }
                Err(_) => refused += 1,
            }
            let _ = root.write(&path, b"inside");
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(fs::read_to_string(outer.join("f")).unwrap(), "outside");
    assert_eq!(fs::read_dir(&outer).unwrap().count(), 1, "nothing was left outside");
    assert_eq!(seen + refused, TRIES);
}
