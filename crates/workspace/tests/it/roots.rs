//! A directory with links, pipes and devices in it.

use std::{fs, os::unix::fs::symlink, path::Path};

use gathering_workspace::{BeneathPath, COMPONENT_BYTES_MAX, Root, WorkspaceError};
use rustix::fs::{CWD, Mode, mkfifoat};
use tempfile::TempDir;

fn path(text: &str) -> BeneathPath {
    text.parse().unwrap()
}

/// A root beside a file that nobody may reach from it.
fn place() -> (TempDir, Root) {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("secret"), "hidden").unwrap();
    // A sibling whose name begins like the root's.
    fs::create_dir(place.path().join("root-evil")).unwrap();
    fs::write(place.path().join("root-evil/secret"), "hidden").unwrap();
    let root = Root::create(&place.path().join("root")).unwrap();
    (place, root)
}

fn inside(place: &TempDir, name: &str) -> std::path::PathBuf {
    place.path().join("root").join(name)
}

#[test]
fn what_is_written_is_read_back_and_replaced_whole() {
    let (place, root) = place();
    root.write(&path("a/b/c.txt"), b"one").unwrap();
    root.write(&path("a/b/c.txt"), b"two").unwrap();
    assert_eq!(root.read(&path("a/b/c.txt"), 3).unwrap(), b"two");
    assert_eq!(fs::read_dir(inside(&place, "a/b")).unwrap().count(), 1);
    assert_eq!(root.names(9).unwrap(), ["a"]);
    assert!(root.names(0).is_err());
    let refused = root.read(&path("a/b/c.txt"), 2).unwrap_err();
    assert!(matches!(refused, WorkspaceError::TooLarge { most: 2, .. }), "{refused}");
}

#[test]
fn links_that_lead_out_are_refused_however_they_do() {
    let (place, root) = place();
    let outside = place.path().join("secret");
    let links: &[(&str, &Path)] = &[
        ("absolute", &outside),
        ("relative", Path::new("../secret")),
        ("sibling", Path::new("../root-evil/secret")),
        ("deep", Path::new("down/../../secret")),
        ("magic", Path::new("/proc/self/root/etc/hostname")),
        ("descriptor", Path::new("/proc/self/fd/0")),
        ("device", Path::new("/dev/zero")),
        ("loop", Path::new("loop")),
    ];
    fs::create_dir(inside(&place, "down")).unwrap();
    for (name, target) in links {
        symlink(target, inside(&place, name)).unwrap();
        let refused = root.read(&path(name), 1_000).unwrap_err();
        assert!(matches!(refused, WorkspaceError::Outside(_)), "{name}: {refused:?}");
    }
    symlink(place.path(), inside(&place, "up")).unwrap();
    symlink("..", inside(&place, "up-too")).unwrap();
    for text in ["up/secret", "up-too/secret", "up/root-evil/secret"] {
        let refused = root.read(&path(text), 1_000).unwrap_err();
        assert!(matches!(refused, WorkspaceError::Outside(_)), "{text}: {refused:?}");
        let refused = root.write(&path(text), b"planted").unwrap_err();
        assert!(matches!(refused, WorkspaceError::Outside(_)), "{text}: {refused:?}");
    }
    assert_eq!(fs::read_to_string(&outside).unwrap(), "hidden");
    assert_eq!(fs::read_to_string(place.path().join("root-evil/secret")).unwrap(), "hidden");
}

#[test]
fn a_link_that_stays_inside_is_followed_and_one_that_is_written_over_is_not() {
    let (place, root) = place();
    root.write(&path("real.txt"), b"real").unwrap();
    symlink("real.txt", inside(&place, "link.txt")).unwrap();
    assert_eq!(root.read(&path("link.txt"), 9).unwrap(), b"real");
    symlink(place.path().join("secret"), inside(&place, "out.txt")).unwrap();
    root.write(&path("out.txt"), b"mine").unwrap();
    assert_eq!(root.read(&path("out.txt"), 9).unwrap(), b"mine");
    assert_eq!(fs::read_to_string(place.path().join("secret")).unwrap(), "hidden");
}

#[test]
fn files_that_look_like_ours_are_left_alone() {
    let (_place, root) = place();
    root.write(&path("notes.unfinished"), b"a user's").unwrap();
    root.write(&path("notes"), b"mine").unwrap();
    assert_eq!(root.read(&path("notes.unfinished"), 99).unwrap(), b"a user's");
    assert_eq!(root.names(9).unwrap(), ["notes", "notes.unfinished"]);
}

#[test]
fn every_name_that_can_be_read_can_be_written() {
    let (_place, root) = place();
    for folder in ["", "folder/"] {
        let longest = path(&format!("{folder}{}", "n".repeat(COMPONENT_BYTES_MAX)));
        root.write(&longest, b"long").unwrap();
        assert_eq!(root.read(&longest, 9).unwrap(), b"long");
    }
}

#[test]
fn only_regular_files_are_read_and_none_is_waited_for() {
    let (place, root) = place();
    mkfifoat(CWD, inside(&place, "pipe"), Mode::RUSR | Mode::WUSR).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(inside(&place, "socket")).unwrap();
    fs::create_dir(inside(&place, "folder")).unwrap();
    for name in ["pipe", "socket", "folder"] {
        let refused = root.read(&path(name), 1_000).unwrap_err();
        assert!(matches!(refused, WorkspaceError::NotAFile(_)), "{name}: {refused:?}");
    }
    assert!(matches!(root.write(&path("folder"), b"x"), Err(WorkspaceError::NotAFile(_))));
    assert!(matches!(root.read(&path("none"), 9), Err(WorkspaceError::Host { .. })));
    drop(socket);
}

#[test]
fn the_directory_is_the_one_that_was_opened_wherever_its_name_leads_later() {
    let (place, root) = place();
    root.write(&path("mine.txt"), b"mine").unwrap();
    fs::rename(place.path().join("root"), place.path().join("moved")).unwrap();
    symlink(place.path(), place.path().join("root")).unwrap();
    assert_eq!(root.read(&path("mine.txt"), 9).unwrap(), b"mine");
    assert!(root.read(&path("secret"), 9).is_err());
}
