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
use tempfile::NamedTempFile;

use crate::ambient::OsRandomness;

/// The file of the key in the data directory.
const FILE: &str = "secrets.key";

/// The configured key, or the one in the data directory, which is made if there is none.
pub(crate) fn load(config: &Config) -> anyhow::Result<SecretKey> {
    if let Some(key) = &config.secrets.key {
        return Ok(SecretKey::from_bytes(*key.expose()));
    }
    let folder = fs::DirBuilder::new().recursive(true).mode(0o700).create(&config.server.data_dir);
    folder.with_context(|| {
        format!("could not make the data directory `{}`", config.server.data_dir.display())
    })?;
    let path = file(config);
    if path.exists() { read(&path) } else { make(&path) }
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

fn read(path: &Path) -> anyhow::Result<SecretKey> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("could not read the key in `{}`", path.display()))?;
    match hex::decode(text.trim()).map(<[u8; SecretKey::BYTES]>::try_from) {
        Ok(Ok(bytes)) => Ok(SecretKey::from_bytes(bytes)),
        _ => bail!(
            "`{}` does not hold a key of {} hexadecimal digits",
            path.display(),
            2 * SecretKey::BYTES
        ),
    }
}

/// Makes a key. It stands in the file whole or not at all, however the process ends.
fn make(path: &Path) -> anyhow::Result<SecretKey> {
    let mut bytes = [0; SecretKey::BYTES];
    OsRandomness.fill(&mut bytes);
    let attempt = || format!("could not write the key to `{}`", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    // Readable by the owner alone, as all temporary files.
    let mut file = NamedTempFile::new_in(folder).with_context(attempt)?;
    writeln!(file, "{}", hex::encode(bytes)).with_context(attempt)?;
    // A key that is lost takes every stored secret with it.
    file.as_file().sync_all().with_context(attempt)?;
    file.persist_noclobber(path).with_context(attempt)?;
    fs::File::open(folder).and_then(|folder| folder.sync_all()).with_context(attempt)?;
    Ok(SecretKey::from_bytes(bytes))
}
