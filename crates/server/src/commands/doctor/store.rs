//! Whether the store can be reached, is up to date, and carries what several instances need.

use std::{sync::Arc, time::Duration};

use gathering_app::secrets::{Rotation, SecretKey, Vault};
use gathering_config::Config;
use gathering_storage::{Database, DatabaseError, Notice, pending_migrations};

use super::{Check, Verdict, host::SECRET_KEY};
use crate::{
    ambient::OsRandomness,
    instance::{open_database, unknown_key},
    moved::{self, Note},
    secret_key,
};

/// How long a notice may take from one connection to another.
const NOTICE_WITHIN: Duration = Duration::from_secs(3);
/// The embedded store's file in the data directory.
const FILE: &str = "gathering.db";

/// The checks of the store that the configuration names.
pub(super) async fn checks(config: &Config) -> Vec<Check> {
    let name = "store";
    let embedded = config.database.url.is_none();
    if embedded && matches!(Note::of(&config.server.data_dir), Ok(Some(_)) | Err(_)) {
        let why = moved::where_to(&config.server.data_dir);
        return vec![Check::bad(name, why, "see docs/operating/move-to-postgresql.md")];
    }
    if embedded && !config.server.data_dir.join(FILE).exists() {
        return vec![Check::good(name, "none yet; the first start makes one")];
    }
    let database = match open_database(config).await {
        Ok(database) => database,
        Err(error) => return vec![unopened(&error)],
    };
    let up_to_date = up_to_date(&database).await;
    let sealed = match up_to_date.verdict {
        Verdict::Good => Some(sealed(config, &database).await),
        // Where the schema is another, nothing can be said of what lies in it.
        Verdict::Doubtful | Verdict::Bad => None,
    };
    let mut checks = vec![up_to_date];
    checks.extend(sealed);
    if !embedded {
        checks.push(direct(&database).await);
    }
    database.close().await;
    checks
}

fn unopened(error: &anyhow::Error) -> Check {
    let name = "store";
    match error.downcast_ref::<DatabaseError>() {
        Some(DatabaseError::InUse { holder, .. }) => {
            let holder =
                holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
            Check::good(name, format!("in use by {holder}, which keeps it up to date"))
        }
        Some(DatabaseError::Unfit { .. }) => Check::bad(
            name,
            format!("{error:#}"),
            "change the setting, and start the database anew",
        ),
        _ => Check::bad(
            name,
            format!("{error:#}"),
            "check the address, the password and that the database runs",
        ),
    }
}

async fn up_to_date(database: &Database) -> Check {
    let name = "store";
    match pending_migrations(database).await {
        Ok(pending) if pending.is_empty() => Check::good(name, "reachable and up to date"),
        Ok(pending) => {
            let found = format!("reachable; the next start applies: {}", pending.join(", "));
            Check::doubtful(name, found, "`gathering migrate` applies it now")
        }
        Err(error) => {
            let error = anyhow::Error::new(error);
            Check::bad(
                name,
                format!("{error:#}"),
                "start the program that wrote it, or a newer one",
            )
        }
    }
}

/// How many secrets are sealed under a key that is on its way out.
async fn sealed(config: &Config, database: &Database) -> Check {
    let name = "sealed secrets";
    let hint = "`gathering secrets rotate` seals them under the present key";
    match under_keys(config, database).await {
        Ok(UnderKeys::Unknown) => Check::bad(
            SECRET_KEY,
            unknown_key(config),
            "to go over to another key, give the one before in `secrets.old_keys` as well",
        ),
        Ok(UnderKeys::Gone) => Check::bad(
            SECRET_KEY,
            format!(
                "`{}` is gone, and the secrets of this database are sealed under a key",
                secret_key::file(config).display()
            ),
            "put it back, or set `secrets.key` to what it held",
        ),
        Ok(UnderKeys::Present) if secret_key::is_between(config) => {
            Check::doubtful(name, "a rotation of the key has not come to its end", hint)
        }
        Ok(UnderKeys::None | UnderKeys::Present) => Check::good(name, "all under the present key"),
        Ok(UnderKeys::Old { count: 0 }) => {
            Check::doubtful(name, "the store names another key than the present one", hint)
        }
        Ok(UnderKeys::Old { count }) => {
            Check::doubtful(name, format!("{count} are sealed under an old key"), hint)
        }
        Err(error) => Check::bad(name, format!("{error:#}"), "mend the key or its file"),
    }
}

/// Under which keys secrets are sealed.
enum UnderKeys {
    /// None is, and no key is there yet.
    None,
    /// The file of the key is gone.
    Gone,
    /// One that is not known here.
    Unknown,
    /// The present one, all of them.
    Present,
    /// Some under an old one, or the store names it.
    Old { count: u64 },
}

async fn under_keys(config: &Config, database: &Database) -> anyhow::Result<UnderKeys> {
    let has_key = config.secrets.key.is_some() || secret_key::file(config).exists();
    if !has_key {
        let named = Vault::new(database.clone(), SecretKey::from_bytes(some_bytes()));
        let is_named = named.knows_this_store().await?.is_some();
        return Ok(if is_named { UnderKeys::Gone } else { UnderKeys::None });
    }
    let key = secret_key::successor_or_present(config)?;
    let vault = Vault::new(database.clone(), key.clone());
    if vault.knows_this_store().await? == Some(false) {
        return Ok(UnderKeys::Unknown);
    }
    let rotation = Rotation::new(database.clone(), key, Arc::new(OsRandomness));
    Ok(match (rotation.outstanding().await?, rotation.is_named().await?) {
        (0, true) => UnderKeys::Present,
        (count, _) => UnderKeys::Old { count },
    })
}

/// Whether locks and notices work, which a pooler of transactions breaks.
async fn direct(database: &Database) -> Check {
    let name = "direct connection";
    let hint = "connect to PostgreSQL itself, not through a pooler of transactions: instances hold locks \
                and listen on connections of their own";
    match (holds_locks(database).await, hears_notices(database).await) {
        (Ok(true), Ok(true)) => Check::good(name, "locks and notices work"),
        (Ok(false), _) => Check::bad(name, "a lock that was taken is not held", hint),
        (_, Ok(false)) => Check::bad(name, "notices do not arrive", hint),
        (Err(error), _) | (_, Err(error)) => {
            Check::bad(name, format!("{:#}", anyhow::Error::new(error)), hint)
        }
    }
}

/// Takes a lock that nobody else knows, and looks from another connection whether it is held.
async fn holds_locks(database: &Database) -> Result<bool, DatabaseError> {
    let key = i64::from_le_bytes(some_bytes::<8>());
    let (mut one, mut other) = (database.locks().await?, database.locks().await?);
    Ok(one.try_hold(key).await? && !other.try_hold(key).await?)
}

async fn hears_notices(database: &Database) -> Result<bool, DatabaseError> {
    let channel = format!("gathering_doctor_{}", hex::encode(some_bytes::<8>()));
    let mut listener = database.listen(&channel).await?;
    database.notify(&channel, "heard").await?;
    let heard = async {
        while let Some(notice) = listener.recv().await {
            if matches!(&notice, Notice::Payload(payload) if &**payload == "heard") {
                return true;
            }
        }
        false
    };
    Ok(tokio::time::timeout(NOTICE_WITHIN, heard).await.unwrap_or(false))
}

fn some_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes);
    bytes
}
