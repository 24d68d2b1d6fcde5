//! `gathering backup`: writes the embedded store into one file, also while a server works on it.
//!
//! It reads the database file itself, beside the server, and asks nobody: whoever may read the data
//! directory may read all of it anyway, and the server need neither answer nor have room for a copy.

mod staging;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, anyhow, bail, ensure};
use gathering_app::secrets::{SecretKey, Vault};
use gathering_config::Config;
use gathering_domain::{Clock as _, Timestamp};
use gathering_storage::{
    Database, DatabaseOptions, DirectoryClaim, departed,
    restored::{StoreSize, file_faults, store_size},
    schema_version, snapshot,
};
use serde_json::json;
use tempfile::NamedTempFile;

use crate::{
    ambient::SystemClock,
    archive::{self, DATABASE, FORMAT, KEYS, KeyKept, Manifest},
    cli::{self, Global},
    instance::unknown_key,
    moved,
    output::{Output, Unusable},
    secret_key, settings, signals, telemetry,
};

use self::staging::Staging;

pub(crate) async fn run(
    global: &Global,
    options: &cli::Backup,
    output: Output,
) -> anyhow::Result<ExitCode> {
    let loaded = settings::load(global, None)?;
    telemetry::init(&loaded, Some("warn"))?;
    let config = &loaded.config;
    check(config, &options.file)?;
    let folder = folder_of(&options.file);
    let stop = signals::stop_on_signal()?;
    let staged = Staging::make(&folder)?;
    let left = staged.path().to_owned();
    // Beside the work, which reads and writes without a pause.
    signals::end_when(stop, async move {
        staging::remove(&left).await;
        output.failure(&anyhow!("interrupted: no backup was written"));
    });
    let manifest = stage(config, options.with_keys, &staged).await?;
    let bytes = write(&options.file, &folder, &manifest, staged.path())?;
    tell(&options.file, &manifest, bytes, output);
    Ok(ExitCode::SUCCESS)
}

/// Refuses what cannot be done, before anything is.
fn check(config: &Config, file: &Path) -> anyhow::Result<()> {
    let directory = &config.server.data_dir;
    if config.database.url.is_some() {
        bail!(Unusable(
            "this store is in PostgreSQL: `pg_dump` backs it up, see docs/operating/backup.md"
                .to_owned()
        ));
    }
    if departed(directory)?.is_some() {
        bail!(Unusable(moved::where_to(directory)));
    }
    if !DirectoryClaim::has_store(directory) {
        bail!(Unusable(format!("there is no store in `{}`", directory.display())));
    }
    ensure!(!file.exists(), "`{}` exists already", file.display());
    Ok(())
}

/// Lays a copy of the store, and the keys if they are wanted, into a folder.
async fn stage(config: &Config, with_keys: bool, staged: &Staging) -> anyhow::Result<Manifest> {
    let directory = &config.server.data_dir;
    let before = keys(directory)?;
    let taken_at = SystemClock.now();
    snapshot(directory, &staged.path().join(DATABASE))
        .await
        .with_context(|| format!("could not copy the store of `{}`", directory.display()))?;
    // What is sealed under one key must not lie beside another.
    ensure!(
        keys(directory)? == before,
        "the key of the stored secrets was replaced meanwhile: run this again"
    );
    let secret_key = match (config.secrets.key.is_some(), with_keys) {
        (true, _) => KeyKept::Configured,
        (false, false) => KeyKept::LeftOut,
        (false, true) => KeyKept::Included,
    };
    let packed = match secret_key {
        KeyKept::Included => Some(secret_key::in_files(directory, &before)?),
        KeyKept::Configured | KeyKept::LeftOut => None,
    };
    let (schema_version, size) = look(config, packed, staged.path()).await?;
    let beside = staged.path().join(format!("{DATABASE}-wal"));
    ensure!(!beside.exists(), "`{}` was not taken in", beside.display());
    let mut files = vec![archive::listed(&staged.path().join(DATABASE), DATABASE)?];
    if secret_key == KeyKept::Included {
        for (name, bytes) in &before {
            let path = staged.path().join(name);
            fs::write(&path, bytes)
                .with_context(|| format!("could not write `{}`", path.display()))?;
            files.push(archive::listed(&path, name)?);
        }
    }
    Ok(Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema_version,
        taken_at: taken_at.to_rfc3339(),
        runs: size.runs,
        users: size.users,
        secret_key,
        files,
    })
}

/// Opens the copy as a start would, and looks through all of it. The key that is packed beside it must be
/// the one that opens it.
async fn look(
    config: &Config,
    packed: Option<SecretKey>,
    folder: &Path,
) -> anyhow::Result<(i64, StoreSize)> {
    let database = Database::open(DatabaseOptions::sqlite(folder)).await?;
    let looked = async {
        let faults = file_faults().all(&database).await?;
        if let Some((fault,)) = faults.first() {
            bail!("the store is damaged: {fault}");
        }
        let version = schema_version(&database).await?;
        let version =
            version.context("the store has no schema: no server has ever started on it")?;
        if let Some(key) = packed {
            let knows = Vault::new(database.clone(), key).knows_this_store().await?;
            ensure!(knows != Some(false), "{}", unknown_key(config));
        }
        let size = store_size().first(&database).await?;
        Ok((version, size.context("the store has no runs and no users")?))
    };
    let looked = looked.await;
    database.close().await;
    looked
}

/// The files of the key, with what they hold.
fn keys(directory: &Path) -> anyhow::Result<Vec<(&'static str, Vec<u8>)>> {
    let mut found = Vec::new();
    for name in KEYS {
        match fs::read(directory.join(name)) {
            Ok(bytes) => found.push((name, bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let path = directory.join(name);
                return Err(error).with_context(|| format!("could not read `{}`", path.display()));
            }
        }
    }
    Ok(found)
}

/// Writes the file, which is there whole or not at all.
fn write(file: &Path, folder: &Path, manifest: &Manifest, from: &Path) -> anyhow::Result<u64> {
    let attempt = || format!("could not write `{}`", file.display());
    let taken_at = Timestamp::parse_rfc3339(&manifest.taken_at).map_or(0, Timestamp::micros);
    let modified_s = u64::try_from(taken_at / 1_000_000).unwrap_or_default();
    // Readable by its owner alone, as all temporary files.
    let mut out = NamedTempFile::new_in(from).with_context(attempt)?;
    archive::write(out.as_file_mut(), manifest, from, modified_s)?.flush().with_context(attempt)?;
    out.as_file().sync_all().with_context(attempt)?;
    let bytes = out.as_file().metadata().with_context(attempt)?.len();
    out.persist_noclobber(file).with_context(attempt)?;
    fs::File::open(folder).and_then(|folder| folder.sync_all()).with_context(attempt)?;
    Ok(bytes)
}

fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn tell(file: &Path, manifest: &Manifest, bytes: u64, output: Output) {
    let Manifest { runs, users, taken_at, .. } = manifest;
    output.line(format!(
        "wrote {} ({bytes} bytes): {runs} runs and {users} users as of {taken_at}",
        file.display()
    ));
    output.line(match manifest.secret_key {
        KeyKept::Included => {
            "the key of the stored secrets is in it: keep it as you keep passwords"
        }
        KeyKept::LeftOut => {
            "the key of the stored secrets is NOT in it, and no server starts on the store without \
             it: keep `secrets.key` of the data directory elsewhere, or use --with-keys"
        }
        KeyKept::Configured => {
            "the key of the stored secrets is `secrets.key` of the configuration, and is not in it"
        }
    });
    let mut told = json!({ "file": file, "bytes": bytes });
    told["manifest"] = json!(manifest);
    output.value(&told);
}
