//! Secrets: names, hosts, and sealed values.

use gathering_database::{Sql, params, row};
use gathering_domain::{Actor, ProjectId, SecretId, Timestamp};
use uuid::Uuid;

use crate::{
    actor::actor_text,
    statement::{Query, Write, statements},
};

row! {
    /// A secret without its value.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SecretRow {
        /// Its id.
        pub id: SecretId as Uuid,
        /// Its name.
        pub name: String,
        /// The hosts to which it may be sent.
        pub hosts: Vec<String> as String => |text| serde_json::from_str(&text).ok(),
        /// The host to which it goes as a provider's key if it has no hosts.
        pub key_host: Option<String>,
        /// When its value was written last.
        pub updated_at: Timestamp as i64,
    }

    /// Under which key the secrets are sealed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct KeyRow {
        /// The key's id.
        pub key_id: Vec<u8>,
    }

    /// Something sealed, with what its place is made of.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SealedItemRow {
        /// Its id.
        pub id: Uuid,
        /// Its project.
        pub project_id: ProjectId as Uuid,
        /// Its name.
        pub name: String,
        /// It, sealed.
        pub sealed: Vec<u8>,
    }

    /// A secret's sealed value.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SealedRow {
        /// The hosts to which it may be sent.
        pub hosts: Vec<String> as String => |text| serde_json::from_str(&text).ok(),
        /// The host to which it goes as a provider's key if it has no hosts.
        pub key_host: Option<String>,
        /// The value, sealed.
        pub sealed: Vec<u8>,
    }
}

/// A secret that is written.
#[derive(Debug, Clone)]
pub struct PutSecret<'a> {
    /// Its id, if it is new.
    pub id: SecretId,
    /// Its project.
    pub project_id: ProjectId,
    /// Who writes it.
    pub actor: Actor,
    /// Its name.
    pub name: &'a str,
    /// The hosts to which it may be sent.
    pub hosts: &'a [String],
    /// The host to which it goes as a provider's key if it has no hosts.
    pub key_host: Option<&'a str>,
    /// The value, sealed.
    pub sealed: &'a [u8],
    /// When.
    pub now: Timestamp,
}

statements! {
    PUT = Sql::both(
        "INSERT INTO secrets \
         (id, project_id, actor, name, hosts, sealed, created_at, updated_at, key_host) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8) \
         ON CONFLICT (project_id, name) DO UPDATE SET actor = excluded.actor, \
         hosts = excluded.hosts, key_host = excluded.key_host, sealed = excluded.sealed, \
         updated_at = excluded.updated_at",
    );
    FIND -> SecretRow = Sql::both(
        "SELECT id, name, hosts, key_host, updated_at FROM secrets WHERE project_id = $1 AND name = $2",
    );
    OPEN -> SealedRow =
        Sql::both("SELECT hosts, key_host, sealed FROM secrets WHERE project_id = $1 AND name = $2");
    LIST -> SecretRow = Sql::both(
        "SELECT id, name, hosts, key_host, updated_at FROM secrets \
         WHERE project_id = $1 AND name > $2 ORDER BY name LIMIT $3",
    );
    BIND = Sql::both("UPDATE secrets SET key_host = $3 WHERE project_id = $1 AND name = $2");
    CLAIM_KEY = Sql::both(
        "INSERT INTO secret_keys (one, key_id) VALUES (1, $1) ON CONFLICT (one) DO NOTHING",
    );
    KEY -> KeyRow = Sql::both("SELECT key_id FROM secret_keys WHERE one = 1");
    KEY_HELD -> KeyRow = Sql::each(
        "SELECT key_id FROM secret_keys WHERE one = 1",
        "SELECT key_id FROM secret_keys WHERE one = 1 FOR SHARE",
    );
    NAME_KEY = Sql::both("UPDATE secret_keys SET key_id = $1 WHERE one = 1");
    UNDER_OTHERS = Sql::both("SELECT count(*) FROM secrets WHERE substr(sealed, 2, 8) <> $1");
    NEXT_UNDER_OTHERS -> SealedItemRow = Sql::both(
        "SELECT id, project_id, name, sealed FROM secrets \
         WHERE substr(sealed, 2, 8) <> $1 AND id > $2 ORDER BY id LIMIT $3",
    );
    RESEAL = Sql::both("UPDATE secrets SET sealed = $3 WHERE id = $1 AND sealed = $2");
    COUNT = Sql::both("SELECT count(*) FROM secrets WHERE project_id = $1");
    DELETE = Sql::both("DELETE FROM secrets WHERE project_id = $1 AND name = $2");
}

/// Writes a secret, new or in place of an older value.
pub fn put(secret: &PutSecret<'_>) -> Write {
    let PutSecret { id, project_id, actor, name, hosts, key_host, sealed, now } = secret;
    let hosts = serde_json::Value::from(*hosts);
    let actor = actor_text(*actor);
    Write::new(
        PUT,
        params![
            id.uuid(),
            project_id.uuid(),
            actor,
            *name,
            hosts,
            *sealed,
            now.micros(),
            *key_host,
        ],
    )
}

/// The secret of that name, without its value.
pub fn find(project_id: ProjectId, name: &str) -> Query<SecretRow> {
    Query::new(FIND, params![project_id.uuid(), name])
}

/// The sealed value of the secret of that name.
pub fn open(project_id: ProjectId, name: &str) -> Query<SealedRow> {
    Query::new(OPEN, params![project_id.uuid(), name])
}

/// Secrets in the order of their names.
pub fn list(project_id: ProjectId, after: &str, limit: u32) -> Query<SecretRow> {
    Query::new(LIST, params![project_id.uuid(), after, limit])
}

/// Remembers under which key secrets are sealed, if no key is remembered yet.
pub fn claim_key(key_id: &[u8]) -> Write {
    Write::new(CLAIM_KEY, params![key_id])
}

/// Under which key secrets are sealed.
pub fn key() -> Query<KeyRow> {
    Query::new(KEY, params![])
}

/// Under which key secrets are sealed, and stays so until the transaction that asks has ended.
pub fn key_held() -> Query<KeyRow> {
    Query::new(KEY_HELD, params![])
}

/// Says that secrets are sealed under this key from now on.
pub fn name_key(key_id: &[u8]) -> Write {
    Write::new(NAME_KEY, params![key_id])
}

/// How many secrets are sealed under another key than this one.
pub fn count_under_others(key_id: &[u8]) -> Query<(u64,)> {
    Query::new(UNDER_OTHERS, params![key_id])
}

/// Secrets that are sealed under another key than this one, in the order of their ids.
pub fn next_under_others(key_id: &[u8], after: Uuid, limit: u32) -> Query<SealedItemRow> {
    Query::new(NEXT_UNDER_OTHERS, params![key_id, after, limit])
}

/// Puts a sealed value in the place of the same value sealed otherwise; nothing if it was written anew
/// meanwhile.
pub fn reseal(id: Uuid, from: &[u8], to: &[u8]) -> Write {
    Write::new(RESEAL, params![id, from, to])
}

/// How many secrets there are.
pub fn count(project_id: ProjectId) -> Query<(u64,)> {
    Query::new(COUNT, params![project_id.uuid()])
}

/// Sets the host to which a secret goes as a provider's key.
pub fn bind(project_id: ProjectId, name: &str, key_host: &str) -> Write {
    Write::new(BIND, params![project_id.uuid(), name, key_host])
}

/// Removes a secret.
pub fn delete(project_id: ProjectId, name: &str) -> Write {
    Write::new(DELETE, params![project_id.uuid(), name])
}
