//! API keys: by which programs act for a user in one project, found by the hash of the key.

use gathering_database::{Sql, params, row};
use gathering_domain::{ApiKeyId, Permission, ProjectId, Role, Timestamp, UserId};
use uuid::Uuid;

use crate::{
    sessions::TokenHash,
    statement::{Query, Write, statements},
};

row! {
    /// A key with what a caller needs to know of its user.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ApiKeyRow {
        /// Its id.
        pub id: ApiKeyId as Uuid,
        /// For whom it acts.
        pub user_id: UserId as Uuid,
        /// Where it acts.
        pub project_id: ProjectId as Uuid,
        /// What it is called.
        pub name: String,
        /// The SHA-256 of the key.
        pub token_hash: Vec<u8>,
        /// The first letters of the key.
        pub hint: String,
        /// The permissions that it may use.
        pub scopes: Vec<Permission> as String => |text| read_scopes(&text),
        /// When it was made.
        pub created_at: Timestamp as i64,
        /// When it ends.
        pub expires_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// When it was used last, within a minute.
        pub used_at: Option<Timestamp> as Option<i64> => |at| Some(at.map(Timestamp::from_micros)),
        /// What the user may do.
        pub role: Role as String => |word| Role::from_word(&word),
        /// Whether the user may sign in.
        pub active: bool,
    }
}

/// A key that comes into being.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// For whom it acts.
    pub user_id: UserId,
    /// Where it acts.
    pub project_id: ProjectId,
    /// What it is called.
    pub name: String,
    /// The SHA-256 of the key.
    pub token_hash: TokenHash,
    /// The first letters of the key.
    pub hint: String,
    /// The permissions that it may use.
    pub scopes: Vec<Permission>,
    /// When.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

macro_rules! select {
    ($rest:literal) => {
        Sql::both(concat!(
            "SELECT k.id, k.user_id, k.project_id, k.name, k.token_hash, k.hint, k.scopes, \
             k.created_at, k.expires_at, k.used_at, u.role, u.active \
             FROM api_keys k JOIN users u ON u.id = k.user_id ",
            $rest
        ))
    };
}

statements! {
    INSERT = Sql::both(
        "INSERT INTO api_keys \
         (id, user_id, project_id, name, token_hash, hint, scopes, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    FIND -> ApiKeyRow = select!("WHERE k.token_hash = $1");
    FIND_BY_ID -> ApiKeyRow = select!("WHERE k.id = $1");
    OF_USER -> ApiKeyRow = select!("WHERE k.user_id = $1 AND k.id > $2 ORDER BY k.id LIMIT $3");
    COUNT_OF_USER = Sql::both("SELECT count(*) FROM api_keys WHERE user_id = $1");
    TOUCH = Sql::both(
        "UPDATE api_keys SET used_at = $2 WHERE id = $1 AND (used_at IS NULL OR used_at < $2)",
    );
    DELETE = Sql::both("DELETE FROM api_keys WHERE id = $1");
}

/// Makes a key.
pub fn insert(key: &NewApiKey) -> Write {
    let NewApiKey { id, user_id, project_id, name, token_hash, hint, scopes, .. } = key;
    let (created_at, expires_at) = (key.created_at.micros(), key.expires_at.micros());
    let (id, user_id, project_id) = (id.uuid(), user_id.uuid(), project_id.uuid());
    let token_hash = &token_hash[..];
    let scopes = serde_json::to_string(scopes).expect("words are JSON");
    Write::new(
        INSERT,
        params![id, user_id, project_id, name, token_hash, hint, scopes, created_at, expires_at],
    )
}

/// A word that this version does not know gives nobody a right here.
fn read_scopes(text: &str) -> Option<Vec<Permission>> {
    let words: Vec<String> = serde_json::from_str(text).ok()?;
    Some(words.iter().filter_map(|word| Permission::from_word(word)).collect())
}

/// The key that is hashed so.
pub fn find(token_hash: &TokenHash) -> Query<ApiKeyRow> {
    Query::new(FIND, params![&token_hash[..]])
}

/// The key of that id.
pub fn find_by_id(id: ApiKeyId) -> Query<ApiKeyRow> {
    Query::new(FIND_BY_ID, params![id.uuid()])
}

/// The keys of a user, in the order in which they were made.
pub fn of_user(id: UserId, after: Option<ApiKeyId>, limit: u32) -> Query<ApiKeyRow> {
    Query::new(OF_USER, params![id.uuid(), after.map_or(Uuid::nil(), ApiKeyId::uuid), limit])
}

/// How many keys a user has.
pub fn count_of_user(id: UserId) -> Query<(u64,)> {
    Query::new(COUNT_OF_USER, params![id.uuid()])
}

/// Notes that a key is in use.
pub fn touch(id: ApiKeyId, now: Timestamp) -> Write {
    Write::new(TOUCH, params![id.uuid(), now.micros()])
}

/// Removes a key.
pub fn delete(id: ApiKeyId) -> Write {
    Write::new(DELETE, params![id.uuid()])
}
