//! Paths of tools and models: what is taken stays beneath its directory, on a real one.
#![no_main]

use std::{fs, sync::LazyLock};

use gathering_workspace::{BeneathPath, Root};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

static PLACE: LazyLock<(TempDir, Root)> = LazyLock::new(|| {
    let place = tempfile::tempdir().expect("a temporary directory can be made");
    fs::write(place.path().join("secret"), "hidden").expect("a file can be written");
    let root = Root::create(&place.path().join("root")).expect("a directory can be made");
    std::os::unix::fs::symlink("..", place.path().join("root/up")).expect("a link can be made");
    (place, root)
});

fuzz_target!(|text: &str| {
    let Ok(path) = text.parse::<BeneathPath>() else { return };
    assert!(!path.as_str().split('/').any(|part| matches!(part, "" | "." | "..")));
    let (_, root) = &*PLACE;
    if let Ok(bytes) = root.read(&path, 100) {
        assert_ne!(bytes, b"hidden", "{path}");
    }
});
