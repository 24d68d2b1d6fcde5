//! The steps of a rotation, in an order in which each may be the last before a crash.

use std::sync::Arc;

use anyhow::ensure;
use gathering_app::secrets::{Resealed, Rotation, Vault};
use gathering_config::Config;
use gathering_domain::{Clock as _, IdSource, Timestamp};
use gathering_storage::{Database, list_instances};

use crate::{
    ambient::{OsRandomness, SystemClock, TimeOrderedIds},
    instance::ensure_known,
    secret_key,
};

/// What has been done of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The key to go over to is there for good.
    Made,
    /// One batch more is sealed under it.
    Batch,
    /// Everything is sealed under it.
    Resealed,
    /// The store names it, so that nobody seals under another.
    Named,
    /// So is what was sealed under another meanwhile.
    Straggled,
    /// It has the place of the one before.
    Succeeded,
}

/// Goes over to the configured key, or to a new one in the data directory. `after` is told of each step,
/// and what it refuses to go on from is as good as a crash: the same call again goes on from there, and a
/// start in between works.
pub(super) async fn rotate(
    config: &Config,
    database: &Database,
    after: &mut (dyn FnMut(Step) -> anyhow::Result<()> + Send),
) -> anyhow::Result<Resealed> {
    let known = Vault::new(database.clone(), secret_key::of_store(config, database).await?);
    ensure_known(&known, config).await?;
    if config.secrets.key.is_none() && config.database.url.is_some() {
        nobody_at_work(database).await?;
    }
    let key = secret_key::successor(config)?;
    after(Step::Made)?;
    let rotation = Rotation::new(database.clone(), key, Arc::new(OsRandomness));
    let first = reseal(&rotation, after).await?;
    after(Step::Resealed)?;
    let ids: Arc<dyn IdSource> = Arc::new(TimeOrderedIds);
    rotation.name(&ids, SystemClock.now()).await?;
    after(Step::Named)?;
    let second = reseal(&rotation, after).await?;
    after(Step::Straggled)?;
    if second.unopened == 0 {
        // Those that nothing here opens may yet want the key before this one; it stays for them.
        secret_key::succeed(config)?;
        after(Step::Succeeded)?;
    }
    Ok(Resealed { done: first.done + second.done, ..second })
}

async fn reseal(
    rotation: &Rotation,
    after: &mut (dyn FnMut(Step) -> anyhow::Result<()> + Send),
) -> anyhow::Result<Resealed> {
    let mut stopped = Ok(());
    let done = rotation.reseal(|_| {
        stopped = after(Step::Batch);
        stopped.is_ok()
    });
    let done = done.await?;
    stopped.map(|()| done)
}

/// A key in a data directory is this instance's alone: one that runs would go on with the key before.
async fn nobody_at_work(database: &Database) -> anyhow::Result<()> {
    let since: Timestamp = SystemClock.now();
    let instances = list_instances(database, since).await?;
    let at_work: Vec<String> =
        instances.into_iter().filter(|row| row.alive).map(|row| row.name).collect();
    ensure!(
        at_work.is_empty(),
        "instances are at work on this database ({}), and the key is in the data directory: stop them, or \
         set `secrets.key` and `secrets.old_keys` for all of them",
        at_work.join(", ")
    );
    Ok(())
}

#[cfg(test)]
mod tests;
