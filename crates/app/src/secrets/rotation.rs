//! Going over to another key: what is sealed under old ones is sealed under the present one.

use std::sync::Arc;

use gathering_domain::{AuditAction, IdSource, Timestamp, hex};
use gathering_storage::{
    Database, Query, Unit, Write, audit, channels, hooks,
    secrets::{self as rows, SealedItemRow},
    webhooks,
};
use secrecy::ExposeSecret as _;
use serde_json::json;
use uuid::Uuid;

use super::{
    cipher::{Sealed, SecretKey, UnsealError},
    vault::{self, VaultError},
};
use crate::{
    Randomness, Result,
    audit::{Target, Trail, key_place},
    channels::sealed_place as channel_place,
    hooks::hook_place,
    webhooks::sealed_place as webhook_place,
};

/// How many are sealed anew in one transaction.
const BATCH: u32 = 100;
/// How often all is looked through: others may write under an old key meanwhile.
const LOOKS_AT_MOST: u32 = 10;
/// How many of those that open under no known key are named.
const NAMED: usize = 20;

/// A table of things that are sealed under the server's key.
struct SealedThings {
    /// What they are, for people.
    what: &'static str,
    count_under_others: fn(&[u8]) -> Query<(u64,)>,
    next_under_others: fn(&[u8], Uuid, u32) -> Query<SealedItemRow>,
    reseal: fn(Uuid, &[u8], &[u8]) -> Write,
    /// What each is sealed for.
    place: fn(&SealedItemRow) -> String,
}

/// Everything that is sealed under the server's key.
const SEALED: &[SealedThings] = &[
    SealedThings {
        what: "secret",
        count_under_others: rows::count_under_others,
        next_under_others: rows::next_under_others,
        reseal: rows::reseal,
        place: |row| vault::place(row.project_id, &row.name),
    },
    SealedThings {
        what: "key of the audit trail",
        count_under_others: audit::count_under_others,
        next_under_others: audit::next_under_others,
        reseal: audit::reseal,
        place: |row| key_place(&row.name),
    },
    SealedThings {
        what: "secret of the hook",
        count_under_others: hooks::count_under_others,
        next_under_others: hooks::next_under_others,
        reseal: hooks::reseal,
        place: |row| hook_place(row.project_id, row.id.into()),
    },
    SealedThings {
        what: "secret of the channel",
        count_under_others: channels::count_under_others,
        next_under_others: channels::next_under_others,
        reseal: channels::reseal,
        place: |row| channel_place(row.project_id, row.id),
    },
    SealedThings {
        what: "secret of the webhook to",
        count_under_others: webhooks::count_under_others,
        next_under_others: webhooks::next_under_others,
        reseal: webhooks::reseal,
        place: |row| webhook_place(row.project_id, row.id),
    },
];

/// Seals anew what is sealed under old keys. Each step may be repeated, and cut off anywhere: whatever is
/// sealed opens under a known key at every moment.
pub struct Rotation {
    database: Database,
    key: SecretKey,
    randomness: Arc<dyn Randomness>,
}

/// What was sealed anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resealed {
    /// How many were.
    pub done: u64,
    /// How many open under no known key, and stay as they are.
    pub unopened: u64,
    /// What some of those are called.
    pub names: Vec<String>,
}

impl Rotation {
    /// Goes over to the present key of `key`, by its other keys.
    pub fn new(database: Database, key: SecretKey, randomness: Arc<dyn Randomness>) -> Self {
        Self { database, key, randomness }
    }

    /// How many things are sealed under another key than the present one.
    pub async fn outstanding(&self) -> Result<u64, VaultError> {
        let mut outstanding = 0;
        for things in SEALED {
            let count = (things.count_under_others)(&self.key.id()).first(&self.database).await?;
            outstanding += count.map_or(0, |(count,)| count);
        }
        Ok(outstanding)
    }

    /// Whether the store names the present key, or none yet.
    pub async fn is_named(&self) -> Result<bool, VaultError> {
        let named = rows::key().first(&self.database).await?;
        Ok(named.is_none_or(|row| row.key_id == self.key.id()))
    }

    /// Says in the store that the present key is the one to seal under, and records it. Waits for those who
    /// are sealing under the one before, so that a later [`Rotation::reseal`] finds what they wrote.
    pub async fn name(&self, ids: &Arc<dyn IdSource>, now: Timestamp) -> Result<()> {
        let (id, trail) = (self.key.id(), Trail::of_command(ids, now));
        let named = self.database.transact(move |tx| -> Result<()> {
            let before = rows::key_held().first_in(tx)?;
            rows::name_key(&id).expecting(1).run_in(tx)?;
            let before = before.map(|row| row.key_id).filter(|before| *before != id);
            // A rotation that was cut off and goes on names the same key again.
            let Some(before) = before else { return Ok(()) };
            let (action, target) = (AuditAction::SecretsRotate, Target::new("key", &hex(&id)));
            trail.done(tx, action, target, json!({ "before": hex(&before) }))
        });
        named.await
    }

    /// Seals everything anew that opens under an old key. `go_on` is asked after each batch, with how many
    /// it was so far.
    pub async fn reseal(&self, mut go_on: impl FnMut(u64) -> bool) -> Result<Resealed, VaultError> {
        let mut all = Resealed::default();
        for _ in 0..LOOKS_AT_MOST {
            let mut look = Resealed::default();
            for things in SEALED {
                let so_far = all.done;
                let each = |now| go_on(so_far + now);
                if !self.look_through(things, &mut look, each).await? {
                    return Ok(Resealed { done: so_far + look.done, ..look });
                }
            }
            let changed = look.done;
            all = Resealed { done: all.done + changed, ..look };
            if changed == 0 {
                break;
            }
        }
        Ok(all)
    }

    /// Looks once through things of a kind; says whether it came to their end.
    async fn look_through(
        &self,
        things: &SealedThings,
        all: &mut Resealed,
        mut go_on: impl FnMut(u64) -> bool,
    ) -> Result<bool, VaultError> {
        let mut after = Uuid::nil();
        loop {
            let next = (things.next_under_others)(&self.key.id(), after, BATCH);
            let rows = next.all(&self.database).await?;
            let Some(last) = rows.last() else { return Ok(true) };
            after = last.id;
            let mut unit = Unit::new();
            let mut writes = 0;
            for row in rows {
                let place = (things.place)(&row);
                if let Ok(sealed) = self.sealed_anew(&place, &row.sealed) {
                    let write = (things.reseal)(row.id, &row.sealed, sealed.bytes());
                    unit = unit.with(write.into());
                    writes += 1;
                } else {
                    all.unopened += 1;
                    if all.names.len() < NAMED {
                        all.names.push(format!("{} `{}`", things.what, row.name));
                    }
                }
            }
            let applied = self.database.apply(unit).await?;
            all.done += (0..writes).map(|at| applied.count(at)).sum::<u64>();
            if !go_on(all.done) {
                return Ok(false);
            }
        }
    }

    fn sealed_anew(&self, place: &str, sealed: &[u8]) -> Result<Sealed, UnsealError> {
        let value = self.key.open(place, &Sealed::from_bytes(sealed.to_vec()))?;
        Ok(self.key.seal(place, value.expose_secret().as_bytes(), &*self.randomness))
    }
}
