//! `gathering restore`: puts the embedded store of a backup into a data directory that has none.

use std::{
    fs,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context as _, bail, ensure};
use gathering_app::stores::{Forgotten, Restore, settle_restored};
use gathering_domain::{Clock as _, IdSource, Timestamp};
use gathering_storage::{Database, DatabaseOptions, DirectoryClaim, Storage};
use serde_json::json;

use crate::{
    ambient::{SystemClock, TimeOrderedIds},
    archive::{Archive, DATABASE, KEYS, KeyKept, Manifest},
    cli::{self, Global},
    output::{Output, Unusable},
    settings, telemetry,
};

/// Where everything lies until it is known to be whole.
const STAGE: &str = "restoring.tmp";
/// What may lie in a data directory to which a store is restored, beside the keys.
const HARMLESS: [&str; 4] = ["gathering.lock", "scripts", "lost+found", STAGE];

pub(crate) async fn run(
    global: &Global,
    options: &cli::Restore,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let loaded = settings::load(global, None)?;
    telemetry::init(&loaded, Some("warn"))?;
    let config = &loaded.config;
    if config.database.url.is_some() {
        bail!(Unusable(
            "`database.url` is set, and a backup holds an embedded store: restore it without, and move \
             it with `gathering migrate --to`"
                .to_owned()
        ));
    }
    let directory = &config.server.data_dir;
    let archive = Archive::open(&options.file)?;
    let manifest = archive.manifest().clone();
    let taken_at = Timestamp::parse_rfc3339(&manifest.taken_at);
    let taken_at = taken_at.context("the manifest does not say when the backup was taken")?;
    // Until its end no server opens the directory.
    let _claim = DirectoryClaim::take(directory)?;
    ensure_empty(directory)?;
    let stage = Stage::make(directory)?;
    let attempt = || format!("could not restore `{}`", options.file.display());
    archive.unpack(&stage.0).with_context(attempt)?;
    ensure_same_keys(directory, &stage.0)?;
    let restore = Restore { taken_at, keep_sessions: options.keep_sessions };
    let forgotten = settle(&stage.0, restore).await.with_context(attempt)?;
    put(&stage.0, directory, &manifest).with_context(attempt)?;
    drop(stage);
    let has_key = config.secrets.key.is_some() || directory.join(KEYS[0]).exists();
    tell(directory, &manifest, &forgotten, has_key, output);
    Ok(ExitCode::SUCCESS)
}

/// A folder that goes with this value.
struct Stage(PathBuf);

impl Stage {
    /// Makes it anew, whatever an earlier restore left behind.
    fn make(directory: &Path) -> anyhow::Result<Self> {
        let path = directory.join(STAGE);
        let attempt = || format!("could not make `{}`", path.display());
        if path.exists() {
            fs::remove_dir_all(&path).with_context(attempt)?;
        }
        fs::DirBuilder::new().mode(0o700).create(&path).with_context(attempt)?;
        Ok(Self(path))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What cannot be removed is removed by the next restore.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Refuses a directory in which something lies.
fn ensure_empty(directory: &Path) -> anyhow::Result<()> {
    let attempt = || format!("could not look into `{}`", directory.display());
    for entry in fs::read_dir(directory).with_context(attempt)? {
        let name = entry.with_context(attempt)?.file_name();
        let name = name.to_string_lossy();
        if !HARMLESS.contains(&name.as_ref()) && !KEYS.contains(&name.as_ref()) {
            bail!(Unusable(format!(
                "`{}` is not empty, there is `{name}`: a store is restored where none is",
                directory.display()
            )));
        }
    }
    Ok(())
}

/// A key that lies there may be the one that the backup left out, but no other than the one it has.
fn ensure_same_keys(directory: &Path, stage: &Path) -> anyhow::Result<()> {
    for name in KEYS {
        let (there, staged) = (directory.join(name), stage.join(name));
        if !there.exists() || !staged.exists() {
            continue;
        }
        let attempt = || format!("could not read `{}`", there.display());
        let same = fs::read(&there).with_context(attempt)? == fs::read(&staged)?;
        ensure!(same, "`{}` is another key than that of the backup", there.display());
    }
    Ok(())
}

/// Opens the store, brings it up to this version, and has it forget what is not true any more.
async fn settle(stage: &Path, restore: Restore) -> anyhow::Result<Forgotten> {
    let database = Database::open(DatabaseOptions::sqlite(stage)).await?;
    let ids: Arc<dyn IdSource> = Arc::new(TimeOrderedIds);
    let settled = async {
        Storage::open(database.clone()).await?;
        anyhow::Ok(settle_restored(&database, &ids, SystemClock.now(), restore).await?)
    };
    let settled = settled.await;
    database.close().await;
    settled
}

/// Puts everything in its place: the database last, so that there is no store before there is all of it.
fn put(stage: &Path, directory: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let rest = stage.join(format!("{DATABASE}-wal"));
    ensure!(!rest.exists(), "`{}` was not taken in", rest.display());
    fs::File::open(stage.join(DATABASE)).and_then(|file| file.sync_all())?;
    for listed in manifest.files.iter().rev() {
        fs::rename(stage.join(&listed.name), directory.join(&listed.name))?;
        fs::File::open(directory).and_then(|folder| folder.sync_all())?;
    }
    Ok(())
}

fn tell(
    directory: &Path,
    manifest: &Manifest,
    forgotten: &Forgotten,
    has_key: bool,
    output: Output,
) {
    let Manifest { runs, users, taken_at, .. } = manifest;
    let Forgotten { released, sessions, links } = forgotten;
    let place = directory.display();
    output.line(format!("restored {runs} runs and {users} users as of {taken_at} into {place}"));
    output.line(format!(
        "{} runs that were under way go on at the next start; {sessions} sessions and {links} links \
         were ended; API keys that were revoked since must be revoked again",
        released.runs
    ));
    if !has_key {
        let whose = match manifest.secret_key {
            KeyKept::Configured => "as the configuration had it",
            KeyKept::LeftOut | KeyKept::Included => "as the file `secrets.key` had it",
        };
        output.line(format!(
            "no server starts on it before the key of its secrets is there, {whose}: put the file into \
             {place}, or set `secrets.key`"
        ));
    }
    output.value(&json!({
        "data_dir": directory, "manifest": manifest, "runs_released": released.runs,
        "sessions_ended": sessions, "links_ended": links, "has_key": has_key,
    }));
}
