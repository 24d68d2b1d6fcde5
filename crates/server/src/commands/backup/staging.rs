//! The folder in which a backup is laid before it is one: it is held, and goes with whoever made it.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

/// What the names of these folders begin with.
const PREFIX: &str = ".gathering-backup-";
/// The file in each by which it is held.
const HELD: &str = "held";
/// How often a folder is made before it is given up.
const ATTEMPTS: u32 = 3;
/// How often a folder is removed in which somebody may still write.
const REMOVALS: u32 = 20;
/// How long to wait between two of those.
const BETWEEN: Duration = Duration::from_millis(10);

/// A folder that is held, and goes with this value.
pub(super) struct Staging {
    folder: TempDir,
    _held: File,
}

impl Staging {
    /// Makes one in this folder, and removes those there that nobody holds any more.
    pub(super) fn make(folder: &Path) -> anyhow::Result<Self> {
        remove_stale(folder);
        let attempt = || format!("could not make a folder in `{}`", folder.display());
        for _ in 0..ATTEMPTS {
            let made = tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(fs::Permissions::from_mode(0o700))
                .tempdir_in(folder)
                .with_context(attempt)?;
            let path = made.path().join(HELD);
            let held = File::create_new(&path).with_context(attempt)?;
            // Another backup that looks for stale ones may have come between.
            if held.try_lock().is_ok() && path.exists() {
                return Ok(Self { folder: made, _held: held });
            }
        }
        bail!("{}, and hold it", attempt())
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes a folder in which this process may write until it ends.
pub(super) async fn remove(path: &Path) {
    for _ in 0..REMOVALS {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {}
            _ => return,
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Removes what was left behind by backups that were killed. What cannot be, is left to the next one.
fn remove_stale(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|one| one.file_name().to_string_lossy().starts_with(PREFIX)) {
        let held = File::options().write(true).open(entry.path().join(HELD));
        if held.is_ok_and(|held| held.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
