//! The key that encrypts stored secrets: configured, or made at the first start and kept in a file.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use gathering_app::{Randomness as _, secrets::SecretKey};
use gathering_config::Config;
use gathering_storage::{Database, secrets as rows};
use tempfile::NamedTempFile;

use crate::ambient::OsRandomness;

/// The file of the key in the data directory.
const FILE: &str = "secrets.key";
/// The file of the key to which the store goes over. It is there for as long as a rotation is under way;
/// until it takes the place of the other, both are needed.
const NEXT: &str = "secrets.key.next";

/// A key as it is kept.
type Bytes = [u8; SecretKey::BYTES];

/// The configured key, or the one in the data directory, which is made if there is none; with all that
/// still open something.
pub(crate) fn load(config: &Config) -> anyhow::Result<SecretKey> {
    let old = config.secrets.old_keys.iter().map(|key| *key.expose());
    if let Some(key) = &config.secrets.key {
        return Ok(SecretKey::from_bytes(*key.expose()).opening(old));
    }
    let folder = fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.server.data_dir);
    folder.with_context(|| {
        format!("could not make the data directory `{}`", config.server.data_dir.display())
    })?;
    let (path, next) = (file(config), next_file(config));
    let present = match (path.exists(), next.exists()) {
        (true, _) => read(&path)?,
        (false, false) => make(&path)?,
        // A new one would never open what is sealed under the one that is gone.
        (false, true) => bail!("`{}` is gone: put it back", path.display()),
    };
    let next = next.exists().then(|| read(&next)).transpose()?;
    Ok(SecretKey::from_bytes(present).opening(next).opening(old))
}

/// The same for this store, whose schema is up to date. Of a store that names a key already no other is
/// made: it would open nothing, and would lie in the place of the one that does.
pub(crate) async fn of_store(config: &Config, database: &Database) -> anyhow::Result<SecretKey> {
    let path = file(config);
    let is_here = config.secrets.key.is_some() || path.exists() || next_file(config).exists();
    if !is_here && rows::key().first(database).await?.is_some() {
        bail!(
            "there is no key here: `{}` is missing, and the secrets of this database are sealed under a key. \
             Put the `secrets.key` of the instance that opened the database first there, or set \
             `secrets.key` to what it holds",
            path.display()
        );
    }
    load(config)
}

/// What the files of a key hold that lie in this directory, and nothing that is configured beside them.
pub(crate) fn in_files(
    directory: &Path,
    files: &[(&'static str, Vec<u8>)],
) -> anyhow::Result<SecretKey> {
    let found = |name: &str| {
        let bytes = files.iter().find(|(found, _)| *found == name);
        let text = bytes.map(|(_, bytes)| String::from_utf8_lossy(bytes));
        text.map(|text| parse(&directory.join(name), &text)).transpose()
    };
    let Some(present) = found(FILE)? else {
        bail!("there is no key in `{}`", directory.display());
    };
    Ok(SecretKey::from_bytes(present).opening(found(NEXT)?))
}

/// The key to go over to, which opens also what is sealed under those before it: the configured one, or
/// one that is made and kept beside the present one until [`succeed`]. Made once, however often it is
/// asked for.
pub(crate) fn successor(config: &Config) -> anyhow::Result<SecretKey> {
    let present = load(config)?;
    if config.secrets.key.is_some() {
        return Ok(present);
    }
    let next = next_file(config);
    let bytes = if next.exists() { read(&next)? } else { make(&next)? };
    let old = config.secrets.old_keys.iter().map(|key| *key.expose());
    Ok(SecretKey::from_bytes(bytes).opening([read(&file(config))?]).opening(old))
}

/// The key to which the store is going over, or the present one where it is not. Makes nothing.
pub(crate) fn successor_or_present(config: &Config) -> anyhow::Result<SecretKey> {
    if is_between(config) { successor(config) } else { load(config) }
}

/// Puts the key that was gone over to in the place of the present one, if it lies beside it.
pub(crate) fn succeed(config: &Config) -> anyhow::Result<()> {
    let (path, next) = (file(config), next_file(config));
    if config.secrets.key.is_some() || !next.exists() {
        return Ok(());
    }
    let attempt = || format!("could not put `{}` in its place", next.display());
    fs::rename(&next, &path).with_context(attempt)?;
    sync_folder(&path).with_context(attempt)
}

/// Whether a rotation was begun in the data directory and has not come to its end.
pub(crate) fn is_between(config: &Config) -> bool {
    config.secrets.key.is_none() && next_file(config).exists()
}

fn next_file(config: &Config) -> PathBuf {
    config.server.data_dir.join(NEXT)
}

/// Where the key is kept that nobody configured.
pub(crate) fn file(config: &Config) -> PathBuf {
    config.server.data_dir.join(FILE)
}

/// Where the key comes from, for people.
pub(crate) fn named(config: &Config) -> String {
    match &config.secrets.key {
        Some(_) => "secrets.key".to_owned(),
        None => file(config).display().to_string(),
    }
}

fn read(path: &Path) -> anyhow::Result<Bytes> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("could not read the key in `{}`", path.display()))?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> anyhow::Result<Bytes> {
    match hex::decode(text.trim()).map(Bytes::try_from) {
        Ok(Ok(bytes)) => Ok(bytes),
        _ => bail!(
            "`{}` does not hold a key of {} hexadecimal digits",
            path.display(),
            2 * SecretKey::BYTES
        ),
    }
}

/// Makes a key. It stands in the file whole or not at all, however the process ends.
fn make(path: &Path) -> anyhow::Result<Bytes> {
    let mut bytes = Bytes::default();
    OsRandomness.fill(&mut bytes);
    let attempt = || format!("could not write the key to `{}`", path.display());
    // Readable by the owner alone, as all temporary files.
    let mut file = NamedTempFile::new_in(folder_of(path)).with_context(attempt)?;
    writeln!(file, "{}", hex::encode(bytes)).with_context(attempt)?;
    // A key that is lost takes every stored secret with it.
    file.as_file().sync_all().with_context(attempt)?;
    file.persist_noclobber(path).with_context(attempt)?;
    sync_folder(path).with_context(attempt)?;
    Ok(bytes)
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    fs::File::open(folder_of(path)).and_then(|folder| folder.sync_all())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}
