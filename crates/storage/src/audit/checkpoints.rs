//! Checkpoints over chains, and the keys that sign them.

use gathering_database::{Sql, Unit, params, row};
use gathering_domain::Timestamp;
use uuid::Uuid;

use super::{Head, chains};
use crate::{
    secrets::SealedItemRow,
    statement::{Query, Write, statements},
};

row! {
    /// A checkpoint.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CheckpointRow {
        /// Its number, from 1.
        pub number: u64,
        /// The checkpoint, as JSON.
        pub content: String,
        /// The key that signed it.
        pub key_id: String,
        /// The signature of the content.
        pub signature: Vec<u8>,
    }

    /// A key that signs.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct KeyRow {
        /// SHA-256 of the public key, in hexadecimal.
        pub key_id: String,
        /// The public key.
        pub public_key: Vec<u8>,
        /// The seed of the private key, sealed.
        pub sealed_seed: Vec<u8>,
    }
}

/// A checkpoint that comes into being.
#[derive(Debug, Clone)]
pub struct NewCheckpoint<'a> {
    /// Its number: one more than that of the last one.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// The checkpoint, as JSON.
    pub content: &'a str,
    /// The key that signed it.
    pub key_id: &'a str,
    /// The signature of the content.
    pub signature: &'a [u8],
    /// The ends of chains that it seals.
    pub heads: &'a [Head],
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO audit_checkpoints (number, at, content, key_id, signature) \
         VALUES ($1, $2, $3, $4, $5)",
    );
    LAST -> CheckpointRow = Sql::both(
        "SELECT number, content, key_id, signature FROM audit_checkpoints \
         ORDER BY number DESC LIMIT 1",
    );
    LIST -> CheckpointRow = Sql::both(
        "SELECT number, content, key_id, signature FROM audit_checkpoints \
         WHERE number > $1 ORDER BY number LIMIT $2",
    );
    BEFORE -> (i64,) = Sql::both(
        "SELECT number FROM audit_checkpoints WHERE at < $1 ORDER BY number DESC LIMIT 1",
    );
    INSERT_KEY = Sql::both(
        "INSERT INTO audit_keys (id, key_id, public_key, sealed_seed, created_at) \
         VALUES ($1, $2, $3, $4, $5)",
    );
    KEYS -> KeyRow = Sql::both(
        "SELECT key_id, public_key, sealed_seed FROM audit_keys ORDER BY created_at, id",
    );
    NEWEST_KEY -> KeyRow = Sql::both(
        "SELECT key_id, public_key, sealed_seed FROM audit_keys \
         ORDER BY created_at DESC, id DESC LIMIT 1",
    );
    UNDER_OTHERS =
        Sql::both("SELECT count(*) FROM audit_keys WHERE substr(sealed_seed, 2, 8) <> $1");
    /// A key belongs to no project.
    NEXT_UNDER_OTHERS -> SealedItemRow = Sql::both(
        "SELECT id, id AS project_id, key_id AS name, sealed_seed AS sealed FROM audit_keys \
         WHERE substr(sealed_seed, 2, 8) <> $1 AND id > $2 ORDER BY id LIMIT $3",
    );
    RESEAL = Sql::both("UPDATE audit_keys SET sealed_seed = $3 WHERE id = $1 AND sealed_seed = $2");
}

/// Stores a checkpoint, unless another has its number.
pub fn insert_checkpoint(new: &NewCheckpoint<'_>) -> Unit {
    let NewCheckpoint { number, at, content, key_id, signature, heads } = *new;
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let values = params![number, at.micros(), content, key_id, signature.to_vec()];
    let mut unit = Unit::new().with(Write::new(INSERT, values).expecting(1).into());
    for head in heads {
        unit.push(chains::seal(head).into());
    }
    unit
}

/// The last checkpoint.
pub fn last_checkpoint() -> Query<CheckpointRow> {
    Query::new(LAST, params![])
}

/// Checkpoints after a number, in order.
pub fn checkpoints(after: u64, limit: u32) -> Query<CheckpointRow> {
    Query::new(LIST, params![i64::try_from(after).unwrap_or(i64::MAX), limit])
}

/// The number of the last checkpoint that was made before.
pub fn number_before(at: Timestamp) -> Query<(i64,)> {
    Query::new(BEFORE, params![at.micros()])
}

/// Stores a key.
pub fn insert_key(id: Uuid, key: &KeyRow, now: Timestamp) -> Write {
    let KeyRow { key_id, public_key, sealed_seed } = key;
    let values =
        params![id, key_id.as_str(), public_key.as_slice(), sealed_seed.as_slice(), now.micros()];
    Write::new(INSERT_KEY, values)
}

/// How many keys are sealed under another key of the server than this one.
pub fn count_under_others(key_id: &[u8]) -> Query<(u64,)> {
    Query::new(UNDER_OTHERS, params![key_id])
}

/// Keys that are sealed under another key of the server than this one, in the order of their ids.
pub fn next_under_others(key_id: &[u8], after: Uuid, limit: u32) -> Query<SealedItemRow> {
    Query::new(NEXT_UNDER_OTHERS, params![key_id, after, limit])
}

/// Puts a sealed key in the place of the same key sealed otherwise.
pub fn reseal(id: Uuid, from: &[u8], to: &[u8]) -> Write {
    Write::new(RESEAL, params![id, from, to])
}

/// All keys, the oldest first.
pub fn keys() -> Query<KeyRow> {
    Query::new(KEYS, params![])
}

/// The key that signs now.
pub fn newest_key() -> Query<KeyRow> {
    Query::new(NEWEST_KEY, params![])
}
